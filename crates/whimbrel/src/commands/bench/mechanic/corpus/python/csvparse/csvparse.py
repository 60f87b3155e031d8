"""Tables as text: quoted fields, headers, totals."""


class MalformedTable(Exception):
    def __init__(self, line, why):
        super().__init__(f"line {line}: {why}")
        self.line = line


def split_line(line, separator=",", number=1):
    fields = []
    field = ""
    quoted = False
    at = 0
    while at < len(line):
        char = line[at]
        if quoted:
            if char == '"' and line[at + 1 : at + 2] == '"':
                field += '"'
                at += 1
            elif char == '"':
                quoted = False
            else:
                field += char
        elif char == '"' and field == "":
            quoted = True
        elif char == separator:
            fields.append(field)
            field = ""
        else:
            field += char
        at += 1
    if quoted:
        raise MalformedTable(number, "a quote isn't closed")
    fields.append(field)
    return fields


def join_line(fields, separator=","):
    written = []
    for field in fields:
        if separator in field or '"' in field or field != field.strip():
            field = '"' + field.replace('"', '""') + '"'
        written.append(field)
    return separator.join(written)


def parse(text, separator=","):
    """A dictionary for each line below the header; empty lines are left out."""
    rows = []
    header = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = split_line(line, separator, number)
        if header is None:
            header = [field.strip().lower() for field in fields]
            continue
        if len(fields) != len(header):
            raise MalformedTable(number, f"{len(fields)} fields, not {len(header)}")
        rows.append(dict(zip(header, fields)))
    return rows


def column(rows, name, default="0"):
    """A column as numbers; what is none counts as the default."""
    values = []
    for row in rows:
        try:
            values.append(float(row.get(name, default)))
        except ValueError:
            values.append(float(default))
    return values


def totals(rows, by, of):
    """Sums of one column for each value of another, largest first."""
    sums = {}
    for row, value in zip(rows, column(rows, of)):
        key = row[by]
        sums[key] = sums.get(key, 0.0) + value
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
