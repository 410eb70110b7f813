"""Takes every screen in every size, scheme and language, and checks it: `… screens DIR`.

    python -m tests.e2e.screens DIR [--only NAME …] [--sizes 390 …] [--languages de …]

DIR/index.html shows all pictures side by side. Exit code 1: something is wrong.
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.screens import contact_sheet, looking
from tests.e2e.screens.looking import LOCALES, SCREENS, SIZES, Look, World


def main() -> int:
    asked = arguments()
    wanted = [each for each in SCREENS
              if not asked.only or any(part in each.name for part in asked.only)]  # fmt: skip
    asked.folder.mkdir(parents=True, exist_ok=True)
    looking.fetch_axe_core(asked.folder / "axe")
    began, found = time.monotonic(), []
    for is_empty in sorted({each.is_empty for each in wanted}):
        screens = [each for each in wanted if each.is_empty == is_empty]
        with (
            TemporaryDirectory() as folder,
            looking.world(Path(folder), is_empty=is_empty) as world,
        ):
            found += see_all(world, screens, asked)
    contact_sheet.write(asked.folder, [each.name for each in wanted], found)
    (asked.folder / "faults.txt").write_text("".join(f"{each}\n" for each in found))
    pictures = len(list(asked.folder.glob("*.jpg")))
    print(f"{len(wanted)} screens, {pictures} pictures, {time.monotonic() - began:.0f} s, "
          f"{len(found)} faults: {asked.folder}/index.html")  # fmt: skip
    return 1 if found else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.e2e.screens")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="screens with this in their name")
    parser.add_argument("--sizes", nargs="+", type=int, choices=SIZES, default=list(SIZES))
    parser.add_argument("--languages", nargs="+", choices=LOCALES, default=list(LOCALES))
    parser.add_argument("--no-pictures", action="store_true", help="only check")
    return parser.parse_args()


def see_all(world: World, screens: list[looking.Screen], asked: argparse.Namespace) -> list[str]:
    found = []
    folder = None if asked.no_pictures else asked.folder
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        for language in asked.languages:
            world.freshen()
            look = Look(browser, world, language)
            for screen in screens:
                for width in asked.sizes:
                    for fault in looking.see(look, screen, width, pictures=folder):
                        print(fault, flush=True)
                        found.append(fault)
            look.context.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
