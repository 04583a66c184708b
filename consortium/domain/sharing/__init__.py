"""Who pays how much and why (費用負担): the heart of the product.

rule         負担ルール: a dated rule, its components and rounding
facts        what a sharing rests on: 構成団体 in force, 算定基礎 with their sources
bases        the shapes of a component's weight (均等割, 表による割), a registry
proration    how an item's months are weighed when members or rules change (月割), a registry
engine       share(): the numbered order of operations
result       算定結果: the one result that everything prints
document     the result as one canonical JSON document, and back
explanation  なぜこの額か: the tree of one cell, made on demand
"""
