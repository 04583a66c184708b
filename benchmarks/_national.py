"""P3, one contender in a process of its own: `python -m benchmarks._national NAME ITEMS`.

Runs in the environment of the national path and prints one line of JSON: CPU seconds of the
sharing, the most memory the process ever had, a digest of the yen. The task: 60 members, 20/80
`level: component`, largest remainder, twelve classes of weights (in the k-th class k members take
no part yet). What is asked for is every member's yen of every item, in memory at the same time.
"""

import hashlib
import json
import random
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks import peak_megabytes
from benchmarks.engine import cached_largest_remainder, plain_largest_remainder
from consortium.bulk import Kind, share_many
from consortium.domain.yen import Weights

MEMBERS, CLASSES = 60, 12


def weights() -> list[tuple[list[int], list[int]]]:
    """Give, class by class, the equal weights and the populations."""
    rng = random.Random(20_260_401)  # noqa: S311 -- values of a benchmark, the same each time
    found = []
    for absent in range(CLASSES):
        population = [0] * absent + [rng.randrange(1_500, 300_000) for _ in range(MEMBERS - absent)]
        found.append(([int(value > 0) for value in population], population))
    return found


WEIGHTS = weights()


def prepared(items: int) -> tuple[np.ndarray, np.ndarray]:
    """Give amounts of the items and their classes."""
    rng = np.random.default_rng(20_260_401)
    return rng.integers(10**5, 10**7, items), rng.integers(0, CLASSES, items)


def array(amounts: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Share with the national path."""
    cut = Weights.of([20, 80], ties_as_listed=True)
    kinds = [Kind(cut, (Weights.of(equal), Weights.of(table))) for equal, table in WEIGHTS]
    return share_many(amounts, kinds, classes)


def plain(amounts: np.ndarray, classes: np.ndarray) -> list[list[int]]:
    """Share item by item with plain integers."""
    found = []
    for amount, number in zip(amounts.tolist(), classes.tolist(), strict=True):
        equal, table = WEIGHTS[number]
        first, second = plain_largest_remainder(amount, [20, 80])
        rows = plain_largest_remainder(first, equal), plain_largest_remainder(second, table)
        found.append([a + b for a, b in zip(*rows, strict=True)])
    return found


def cached(amounts: np.ndarray, classes: np.ndarray) -> list[list[int]]:
    """Share item by item with integers that keep what a class has in common."""
    cut = cached_largest_remainder([20, 80])
    ready = [tuple(map(cached_largest_remainder, pair)) for pair in WEIGHTS]
    found = []
    for amount, number in zip(amounts.tolist(), classes.tolist(), strict=True):
        first, second = cut(amount)
        equally, by_table = ready[number]
        found.append([a + b for a, b in zip(equally(first), by_table(second), strict=True)])
    return found


# ---- polars ------------------------------------------------------------------------------------
# Both ways are exact as long as int64 does not overflow, which polars does not tell (here it does
# not): whole numbers only, floor division, and the same key (remainder × members + rank of the tie)
# as the national path, so that no two members are equal. Lazy, on all processors.


def _ranks(each: list[int]) -> list[int]:
    served = sorted(range(MEMBERS), key=lambda i: (-each[i], i))
    return [MEMBERS - 1 - served.index(i) for i in range(MEMBERS)]


def _cut(amounts: np.ndarray, classes: np.ndarray) -> pl.LazyFrame:
    """Cut the amounts 20/80; a tie goes to the first."""
    frame = pl.LazyFrame(
        {
            "item": np.arange(len(amounts), dtype=np.uint32),
            "class": classes.astype(np.uint8),
            "amount": amounts,
        }
    )
    first = (pl.col("amount") * 40 + 100) // 200
    return frame.with_columns(p0=first, p1=pl.col("amount") - first)


def polars(amounts: np.ndarray, classes: np.ndarray) -> pl.DataFrame:
    """Share in a long table, a row for each item and member: join, windows by item, rank."""
    rows = [
        (number, equal[i], sum(equal), ranks[0][i], table[i], sum(table), ranks[1][i])
        for number, (equal, table) in enumerate(WEIGHTS)
        for ranks in [(_ranks(equal), _ranks(table))]
        for i in range(MEMBERS)
    ]
    names = ("class", "w0", "all0", "rank0", "w1", "all1", "rank1")
    schema = {name: pl.UInt8 if name == "class" else pl.Int64 for name in names}
    members = pl.LazyFrame(rows, schema=schema, orient="row")
    frame = _cut(amounts, classes).join(members, on="class", maintain_order="left_right")
    yen = pl.lit(0, pl.Int64)
    for n in "01":
        part, key = pl.col(f"p{n}"), f"key{n}"
        exact, whole = part * pl.col(f"w{n}"), pl.col(f"all{n}")
        frame = frame.with_columns((exact // whole).alias(f"floor{n}"))
        over = exact - pl.col(f"floor{n}") * whole
        frame = frame.with_columns((over * MEMBERS + pl.col(f"rank{n}")).alias(key))
        place = pl.col(key).rank("ordinal", descending=True).over("item")
        rest = part - pl.col(f"floor{n}").sum().over("item")
        frame = frame.with_columns((place <= rest).cast(pl.Int64).alias(f"more{n}"))
        yen = yen + pl.col(f"floor{n}") + pl.col(f"more{n}")
    return frame.select("item", yen=yen).collect()


def polars_wide(amounts: np.ndarray, classes: np.ndarray) -> pl.DataFrame:
    """Share class by class in a wide table, a column for each member: sorted lists of keys."""
    parts = _cut(amounts, classes).collect().partition_by("class", maintain_order=True)
    found = [_share_class(part, *WEIGHTS[part["class"][0]]) for part in parts]
    return pl.concat(found).sort("item")


def _share_class(part: pl.DataFrame, *weights: list[int]) -> pl.DataFrame:
    frame, everybody = part.lazy(), range(MEMBERS)
    for n, each in enumerate(weights):
        yen, whole, ranks = pl.col(f"p{n}"), sum(each), _ranks(each)
        frame = frame.with_columns((yen * each[i] // whole).alias(f"f{n}_{i}") for i in everybody)
        frame = frame.with_columns(
            ((yen * each[i] - pl.col(f"f{n}_{i}") * whole) * MEMBERS + ranks[i]).alias(f"k{n}_{i}")
            for i in everybody
        )
        rest = yen - pl.sum_horizontal(f"f{n}_{i}" for i in everybody)
        queue = pl.concat_list(f"k{n}_{i}" for i in everybody).list.sort(descending=True)
        frame = frame.with_columns(queue.list.get(rest).alias(f"t{n}"))
    return frame.select(
        "item",
        *(
            pl.sum_horizontal(
                pl.col(f"f{n}_{i}") + (pl.col(f"k{n}_{i}") > pl.col(f"t{n}")).cast(pl.Int64)
                for n in (0, 1)
            ).alias(f"m{i}")
            for i in everybody
        ),
    ).collect()


CONTENDERS: dict[str, Callable[[np.ndarray, np.ndarray], object]] = {
    "array": array,
    "plain": plain,
    "cached": cached,
    "polars": polars,
    "polars_wide": polars_wide,
}


def digest(found: object, items: int) -> str:
    """Give one text for the yen in order of item and member, whatever holds them."""
    if isinstance(found, pl.DataFrame):
        found = found.drop("item").to_numpy()
    table = np.ascontiguousarray(np.asarray(found, dtype=np.int64).reshape(items, MEMBERS))
    return hashlib.sha256(table.data).hexdigest()


def main(name: str, items: int) -> None:
    """Run one contender once."""
    amounts, classes = prepared(items)
    started = time.process_time()
    found = CONTENDERS[name](amounts, classes)
    spent, peak = time.process_time() - started, peak_megabytes()
    print(json.dumps({"cpu": spent, "peak": peak, "digest": digest(found, items)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
