"""The cost report of a quarter (四半期費用報告): the same amounts as the three monthly ones."""

from collections.abc import Mapping

from consortium.reports import quarterly_cost
from consortium.usecases.monthly import cost_report
from consortium.usecases.reporting import Kind

KIND = "quarterly_cost"

KINDS: Mapping[str, Kind] = {KIND: cost_report(KIND, quarterly_cost.render)}
