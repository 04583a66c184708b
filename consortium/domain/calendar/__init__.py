"""The calendar of the office (暦).

- period: half-open periods, months, fiscal years (期間・月・年度)
- wareki: eras: dates and fiscal years as the office writes them (和暦)
"""
