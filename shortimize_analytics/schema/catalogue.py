"""Every table of the package by its name."""

from . import analysis_tables, money_tables, period_tables, tables
from .columns import Table

TABLES = {
    table.name: table
    for module in (tables, analysis_tables, period_tables, money_tables)
    for table in vars(module).values()
    if isinstance(table, Table)
}
