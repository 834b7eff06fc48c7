"""Finding figures among the results, and writing them."""

from __future__ import annotations

Row = dict


def rows(results: dict, experiment: str, **conditions: object) -> list[Row]:
    return [row for row in results.get(experiment, []) if all(row.get(name) == value for name, value in conditions.items())]


def row(results: dict, experiment: str, **conditions: object) -> Row | None:
    found = rows(results, experiment, **conditions)
    return found[0] if found else None


def cpu(found: Row | None) -> float | None:
    """CPU seconds per GB, of a server's row or the C limit's."""
    return None if found is None else found.get("server_cpu_s_per_gb", found.get("cpu_s_per_gb"))


def value(found: Row | None, name: str) -> float | None:
    return None if found is None else found.get(name)


def ratio(upper: float | None, lower: float | None) -> float | None:
    return upper / lower if upper is not None and lower else None


def difference(upper: float | None, lower: float | None) -> float | None:
    return upper - lower if upper is not None and lower is not None else None


def many(results: dict) -> int:
    return results["about"]["settings"]["many"]


def text(number: float | None, digits: int = 2, unit: str = "") -> str:
    """Rounded as far as it was measured; a dash where there is no figure."""
    if number is None:
        return "–"
    if isinstance(number, float) and abs(number) < 1000:
        shown = f"{number:.{digits}f}"
    else:
        shown = f"{number:,.0f}".replace(",", " ")
    return shown + (f" {unit}" if unit else "")


def percent(part: float | None, digits: int = 2) -> str:
    return "–" if part is None else f"{part * 100:.{digits}f} %"


def table(head: list[str], lines: list[list[str]]) -> str:
    if not lines:
        return "*Not measured.*"
    written = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(written + ["| " + " | ".join(line) + " |" for line in lines])
