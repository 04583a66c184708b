"""The fiscal year from estimate to settlement (会計年度).

run          算定: stages, states and the steps between them
instalment   月割・期別: cutting a year's amount into months
steps        年間予定: the steps of an office's year, their days and states
year_facts   年度の事実: what the tables say of each step
schedule     配信予定: which reports are due when; schedule_rules: what a schedule may say
report_period 対象期間: the period a report is about, and its key
"""
