"""What every analysis stands on: columns, calendar, arithmetic on series, the vendor's own figures."""
