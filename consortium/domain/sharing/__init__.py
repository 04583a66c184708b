"""Who pays how much and why (費用負担): the heart of the product.

rule         負担ルール: a dated rule, its components and rounding
facts        what a sharing rests on: 構成団体 in force, 算定基礎 with their sources
dating       which edition of an 算定基礎 a year uses (基準日の定め方), a registry
pinning      the edition each component uses, named once for a run (版の固定)
bases        the shapes of a component's weight (均等割, 表による割), a registry
proration    how an item's months are weighed when members or rules change (月割), a registry
engine       share(): the numbered order of operations
result       算定結果: the one result that everything prints
agreement    what an agreement says beside the shares: grants, joining, leaving, dampening
transfers    加入金・脱退時の残存費用: straight line over a 利用期
dampening    激変緩和・許容幅: bounds on the change from last year
document     the result as one canonical JSON document, and back
explanation  なぜこの額か: the tree of one cell, made on demand
compare      算定の比較: two results beside each other, by member and item
changed_inputs  変わった前提: rules, months and basis values that two results do not share
fairness     公平性: the Shapley value of a stated cost, and the cost alone
"""
