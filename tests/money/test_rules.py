"""What must hold for every organisation, whatever is revised, lost or changed between closings."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from money_worlds import MONTHS, PARTS, World, close_all, number_of, state, stated

from shortimize_analytics.analysis.money.chain import Chain, Known
from shortimize_analytics.analysis.money.counts import Count
from shortimize_analytics.analysis.money.months import value_months
from shortimize_analytics.analysis.money.settle import settle
from shortimize_analytics.analysis.money.stretches import Stretch, parse_stretch, stretches
from shortimize_analytics.analysis.money.verify import recompute

seeds = st.integers(0, 2**32)
many = settings(max_examples=200)


def all_months(world, *, terms=None, posts=None, scale=1, ends=None, counts=None):
    """Value every period with today's counts."""
    terms = terms or world.terms()
    ends = ends or stretches(number_of("2026-06") - 29, number_of(MONTHS[-1]), "month")
    lookup = {}
    for name in world.posts:
        for stretch in ends:
            for day in range(world.posts[name].uploaded, stretch.last + 1):
                lookup.setdefault((name, day), None)
    found = (counts or world.counts)(lookup)
    found = {what: count._replace(views=count.views * scale) for what, count in found.items()}
    posts = world.posts if posts is None else posts
    return value_months(posts, found, terms=terms, decisions=terms.decisions, ends=ends, lines_from=0)


def due(settled, name, last):
    return sum(
        (amount for (who, day), amount in settled.months.totals.items() if who == name and day <= last), Decimal(0)
    )


@many
@given(seeds)
def test_statements_add_up_to_what_is_due(seed):
    world = World(seed)
    chain, out = close_all(world)
    before = Chain()
    for closing in chain.closings[:-1]:
        before.add(closing)
    whole, _ = state(world, before, MONTHS[-1], quick=False)
    for name in world.creators:
        told = sum((stated(settled, name, *PARTS) for settled in out), Decimal(0))
        assert told == due(whole, name, number_of(MONTHS[-1]))
        paid = sum((stated(settled, name, "payment") for settled in out), Decimal(0))
        assert paid + stated(out[-1], name, "carried_out") == told
        assert all(stated(settled, name, "payment") >= 0 for settled in out)


@many
@given(seeds)
@example(1_727_950)  # a retainer that counted a post whose pay is taken back, until its clip had another one
def test_closing_again_changes_nothing(seed):
    world = World(seed)
    chain, _ = close_all(world, MONTHS[:3])
    last = chain.closings[-1]
    before = Chain()
    for closing in chain.closings[:-1]:
        before.add(closing)
    _, again = state(world, before, last.period)
    assert dict(again.files) == dict(last.files)
    settled, _ = state(world, chain, MONTHS[3])
    assert not [line for line in settled.lines if line.kind.startswith("correction")]


@many
@given(seeds)
def test_what_did_not_change_need_not_be_valued_again(seed):
    world = World(seed)
    chain, _ = close_all(world, MONTHS[:3])
    world.live(number_of(MONTHS[3]))
    quick, whole = (state(world, chain, MONTHS[3], quick=quick) for quick in (True, False))
    assert quick[0].lines == whole[0].lines
    assert quick[0].statement == whole[0].statement


@many
@given(seeds)
def test_months_add_up_to_one_long_period(seed):
    world = World(seed, period_caps=False, resets=("never",), decisions=False)
    months = all_months(world)
    whole = Stretch(number_of("2026-06") - 29, number_of(MONTHS[-1]))
    long = all_months(world, ends=[whole])
    for name in world.creators:
        short = sum((amount for (who, _), amount in months.totals.items() if who == name), Decimal(0))
        assert short == long.totals.get((name, whole.last), Decimal(0))


@many
@given(seeds, st.integers(2, 9))
def test_more_views_never_pay_less(seed, factor):
    world = World(seed, period_caps=True, resets=("never",))
    few, many_views = (all_months(world, scale=scale) for scale in (1, factor))
    for name in world.creators:
        paths = [
            {(unit.clip, unit.first.post.ad_id): path[-1][1].pay for unit, path in found.units[name] if path}
            for found in (few, many_views)
        ]
        for what, pay in paths[0].items():
            assert paths[1][what] >= pay


@many
@given(seeds)
def test_verification_needs_only_the_closings(seed):
    world = World(seed)
    chain, _ = close_all(world)
    alone = Chain()
    for closing in chain.closings:
        recompute(alone, closing)
    assert alone.stated == chain.stated
    assert alone.carried == chain.carried


@settings(max_examples=100)
@given(seeds, st.sampled_from(["favour", "report"]))
def test_forgiven_falls_never_lower_a_payment(seed, corrections):
    world = World(seed, corrections=corrections, decisions=False)
    _, out = close_all(world)
    for settled in out:
        for line in settled.lines:
            if line.kind in {"correction_counts", "correction_terms", "fall"}:
                assert line.amount >= 0
                assert corrections == "favour" or line.amount == 0


@settings(max_examples=60)
@given(seeds)
def test_another_creators_posts_change_nothing(seed):
    world = World(seed)
    other = world.creators[0]
    rest = {name: post for name, post in world.posts.items() if post.creator != other}
    terms = world.terms()
    both, alone = all_months(world, terms=terms), all_months(world, terms=terms, posts=rest)
    for name in world.creators[1:]:
        mine = [{key: total for key, total in found.totals.items() if key[0] == name} for found in (both, alone)]
        assert mine[0] == mine[1]


@settings(max_examples=100)
@given(seeds)
def test_twice_the_rates_pay_twice_within_a_cent(seed):
    world = World(seed, period_caps=False, decisions=False)
    terms = world.terms()
    version = terms.versions["standard"][0]

    def doubled(rule):
        steps = {
            name: tuple((at, 2 * pay) for at, pay in getattr(rule, name)) for name in ("tiers", "bonuses", "bands")
        }
        cap = rule.cap_per_video and 2 * rule.cap_per_video
        return replace(rule, base_per_video=2 * rule.base_per_video, cap_per_video=cap, **steps)

    platforms = {name: doubled(rule) for name, rule in version.platforms.items()}
    twice = replace(version, rule=doubled(version.rule), platforms=platforms)
    one, two = (all_months(world, terms=found) for found in (terms, replace(terms, versions={"standard": (twice,)})))
    for name in world.creators:
        for (unit, path), (other, path_two) in zip(one.units[name], two.units[name], strict=True):
            assert unit.clip == other.clip
            for (_, here), (_, there) in zip(path, path_two, strict=True):
                # of a clip's `best` the post that earns most may change only where both earn the same
                slack = Decimal("0.01") * (1 if here.rule.reset == "never" else len(path))
                assert abs(2 * (here.pay + here.base) - (there.pay + there.base)) <= slack


@settings(max_examples=60)
@given(seeds)
def test_the_sum_of_posts_earns_at_least_the_best(seed):
    world = World(seed, period_caps=False, resets=("never",), decisions=False)
    world.rules = "\n".join(
        line for line in world.rules.split("\n") if not line.startswith(("cross_posts", "platforms"))
    )
    found = {
        mode: all_months(world, terms=world.terms(f'{world.rules}\ncross_posts = "{mode}"'))
        for mode in ("each", "sum", "best")
    }
    for name in world.creators:
        pays = {}
        for mode, months in found.items():
            pays[mode] = {}
            for unit, path in months.units[name]:
                if path:
                    last = path[-1][1]
                    pays[mode][unit.clip] = pays[mode].get(unit.clip, Decimal(0)) + last.pay + last.base
        for clip, pay in pays["best"].items():
            if len([post for post in world.posts.values() if post.clip == clip]) == 1:
                assert pays["each"][clip] == pays["sum"][clip] == pay
            else:
                assert pays["sum"][clip] >= pay or any(post.state for post in world.posts.values())


def test_a_fall_that_comes_back_leaves_a_fall_and_a_rise():
    world = World(1, decisions=False)
    post = next(iter(world.posts.values()))
    known = Known({post.ad_id: replace(post, uploaded=number_of("2026-07"), clip=post.ad_id)})
    terms = world.terms("rate_per_1000 = 1.00")
    views = {"2026-07": 9_000, "2026-08": 4_000, "2026-09": 12_000}
    known.counts = {
        (post.ad_id, number_of(month)): Count(number_of(month), count, 1, "") for month, count in views.items()
    }
    chain = Chain()
    settled = settle(known, terms, chain=chain, stretch=parse_stretch("2026-09"))
    lines = [(line.kind, str(line.amount)) for line in settled.lines if line.creator == post.creator]
    assert lines == [("views", "9.00"), ("fall", "-5.00"), ("views", "8.00")]
