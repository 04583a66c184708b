"""The calendar of the office (暦).

- opendays: open and closed days, where deadlines move (開庁日)
- period: half-open periods, months, fiscal years (期間・月・年度)
- wareki: eras: dates and fiscal years as the office writes them (和暦)
"""
