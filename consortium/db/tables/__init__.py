"""The tables by subject (表). Import them from `consortium.db.models`.

- `metadata`: the declarative base, the naming of constraints, column and CHECK shapes
- `members`: consortium, members and when each takes part
- `services`: shared services and who uses which
- `costs`: cost categories and cost items
- `invoices`: invoices, exchange rates, US dollars and quantities of cost items
- `agreement`: grants, terms, build costs, dampening
- `closings`: locks of a fiscal year and their reopenings
- `cases`: what-if cases that officers keep
- `rules`: basis values and sharing rules
- `runs`: allocation runs and the index of their shares
- `schedules`: what is due when, and that the scheduler lives
- `reports`: report runs, frozen inputs, produced files
- `statements`: the issue register and who received what
- `audit`: the chain of what was done
- `accounts`: users, sessions, login throttle
"""
