"""The fiscal year from estimate to settlement (会計年度).

run          算定: stages, states and the steps between them
instalment   月割・期別: cutting a year's amount into months
schedule     配信予定: which reports are due when
"""
