"""Text in lines of a width: wrapped, aligned, indented."""


def words_of(text):
    return text.split()


def wrap(text, width, indent=""):
    """Lines of at most `width` characters; a longer word is broken."""
    if width <= len(indent):
        raise ValueError("no room beside the indent")
    lines = []
    line = indent
    for word in words_of(text):
        while len(word) > width - len(indent):
            if line != indent:
                lines.append(line)
                line = indent
            room = width - len(indent)
            lines.append(indent + word[:room])
            word = word[room:]
        if not word:
            continue
        if line == indent:
            line += word
        elif len(line) + 1 + len(word) <= width:
            line += " " + word
        else:
            lines.append(line)
            line = indent + word
    if line != indent:
        lines.append(line)
    return lines


def align(line, width, how="left", fill=" "):
    space = max(0, width - len(line))
    if how == "left":
        return line + fill * space
    if how == "right":
        return fill * space + line
    if how == "centre":
        before = space // 2
        return fill * before + line + fill * (space - before)
    raise ValueError(f"there is no {how!r}")


def justify(line, width):
    """Spreads the blanks so that the line is as wide as it may be, wider gaps first."""
    words = words_of(line)
    if len(words) < 2:
        return line
    letters = sum(len(word) for word in words)
    gaps = len(words) - 1
    space, more = divmod(max(width - letters, gaps), gaps)
    text = words[0]
    for index, word in enumerate(words[1:]):
        text += " " * (space + (1 if index < more else 0)) + word
    return text


def dedent(lines):
    """Takes away what all lines that aren't blank begin with."""
    margins = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    margin = min(margins, default=0)
    return [line[margin:] if line.strip() else "" for line in lines]


def shorten(text, width, mark="..."):
    """Whole words, and a mark where some are missing."""
    whole = " ".join(words_of(text))
    if len(whole) <= width:
        return whole
    kept = ""
    for word in words_of(text):
        longer = f"{kept} {word}" if kept else word
        if len(longer) + len(mark) > width:
            break
        kept = longer
    return kept + mark
