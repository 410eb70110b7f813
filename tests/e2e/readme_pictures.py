"""Takes the README's pictures anew, small: `python -m tests.e2e.readme_pictures` (two minutes)."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ROOT / ".github" / "pictures"
WIDTH = 1000  # pixels
TAKEN_BY = {
    "menu-light-desktop": "test_pictures.py",
    "my-account-linked-light-desktop": "test_pictures.py",
    "webex-light-desktop": "test_pictures.py",
    "admin-overview-light-desktop": "test_admin_screens.py",
    "guide-redirect-uris": "test_setup_guide.py",
    "device-light-desktop": "test_device_story.py",
}


def main() -> None:
    tests = sorted({f"tests/e2e/{file}" for file in TAKEN_BY.values()})
    command = [sys.executable, "-m", "pytest", "-q", "-m", "slow or not slow"]
    only = ["-k", "guide or light and (wider or sticks_out)"]
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PICTURES": folder}
        subprocess.run([*command, *only, *tests], cwd=ROOT, env=environment, check=True)
        SHOWN.mkdir(parents=True, exist_ok=True)
        for name in TAKEN_BY:
            shrink(Path(folder) / f"{name}.png", SHOWN / f"{name}.png")


def shrink(source: Path, target: Path) -> None:
    with Image.open(source) as picture:
        height = round(picture.height * WIDTH / picture.width)
        small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(256, kmeans=3).save(target, optimize=True)


if __name__ == "__main__":
    main()
