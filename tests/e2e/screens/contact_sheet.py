"""DIR/index.html: all pictures side by side, what is wrong above them."""

import html
from pathlib import Path

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; }
section { display: flex; gap: 1rem; overflow-x: auto; align-items: start; }
figure { margin: 0; flex: none; } img { height: 420px; border: 1px solid #ccc; }
figcaption, li { font-size: 12px; }
"""


def write(folder: Path, names: list[str], found: list[str]) -> None:
    parts = [f"<style>{STYLE}</style><h1>{len(names)} screens, {len(found)} faults</h1><ol>"]
    parts += [f"<li>{html.escape(each)}</li>" for each in found]
    parts.append("</ol>")
    for name in names:
        parts.append(f'<h2 id="{name}">{name}</h2><section>')
        for picture in sorted(folder.glob(f"{name}-[0-9]*-*-*.jpg")):
            caption = picture.stem.removeprefix(f"{name}-")
            parts.append(
                f'<figure><a href="{picture.name}"><img loading="lazy" src="{picture.name}">'
                f"</a><figcaption>{caption}</figcaption></figure>"
            )
        parts.append("</section>")
    (folder / "index.html").write_text("\n".join(["<!doctype html>", *parts]))
