"""What metrics are called on a page, and so many of them in words."""

from quotum.server.wording import Words

NO_FIGURE = "\N{EN DASH}"


def message(text: str) -> str:
    """Marks a text that is a key of the catalogues, where it is not said at once."""
    return text


def messages(one: str, many: str) -> tuple[str, str]:
    """The same for a text that depends on how many."""
    return one, many


TITLES = {
    "calls": message("Calls"),
    "emails": message("E-mails"),
    "offers": message("Offers"),
    "appointments": message("Appointments"),
    "demos": message("Demos"),
    "meetings": message("Meetings"),
    "leads_created": message("New leads"),
    "leads_handled": message("Leads handled"),
    "leads_qualified": message("Leads qualified"),
    "deals_opened": message("Deals opened"),
    "deals_won": message("Deals won"),
    "deals_lost": message("Deals lost"),
    "revenue": message("Revenue"),
    "units": message("Units sold"),
    "cycle_days_median": message("Days to win, median"),
}
COUNTED = {
    "calls": messages("{n} call", "{n} calls"),
    "emails": messages("{n} e-mail", "{n} e-mails"),
    "offers": messages("{n} offer", "{n} offers"),
    "appointments": messages("{n} appointment", "{n} appointments"),
    "demos": messages("{n} demo", "{n} demos"),
    "meetings": messages("{n} meeting", "{n} meetings"),
    "leads_created": messages("{n} lead", "{n} leads"),
    "leads_handled": messages("{n} lead", "{n} leads"),
    "leads_qualified": messages("{n} lead", "{n} leads"),
    "deals_opened": messages("{n} deal", "{n} deals"),
    "deals_won": messages("{n} deal", "{n} deals"),
    "deals_lost": messages("{n} deal", "{n} deals"),
    "units": messages("{n} unit", "{n} units"),
    "cycle_days_median": messages("{n} day", "{n} days"),
}
NOBODY = {
    "rep": message("Unassigned"),
    "team": message("No team"),
    "region": message("No region"),
    "product": message("No product"),
    "kind": message("No kind"),
}


def title(words: Words, metric: str) -> str:
    """The name of a metric."""
    return words.plain(TITLES.get(metric, metric.replace("_", " ")))


def amount(words: Words, metric: str, value: str, currency: str) -> str:
    """So much of a metric, in full: €4,500, or 12 deals."""
    if not value:
        return NO_FIGURE
    if currency:
        return words.money(value, currency)
    shown = words.figure(value)
    if metric not in COUNTED:
        return shown
    one, many = COUNTED[metric]
    return words.count(one, many, 1 if value == "1" else 2, shown=shown)


def nobody(words: Words, by: str) -> str:
    """What stands in place of a name where there is none."""
    return words.plain(NOBODY.get(by, NOBODY["rep"]))
