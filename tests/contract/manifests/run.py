"""run.py VENV MODULE: runs a test module of this folder with the packages of requirements.txt.

The environment is made when it is missing or the requirements changed. Where PyPI cannot be reached the test is
skipped (exit code 77), except in CI, where that is a failure.
"""

import fcntl
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def prepare(venv):
    """The environment's Python. Tests run side by side: one makes the environment, the others wait."""
    venv.parent.mkdir(parents=True, exist_ok=True)
    requirements = (HERE / "requirements.txt").read_text()
    made_for = venv / "requirements.txt"
    with open(venv.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made_for.exists() or made_for.read_text() != requirements:
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            subprocess.run([venv / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                            "--no-deps", "--requirement", HERE / "requirements.txt"], check=True)
            made_for.write_text(requirements)
    return venv / "bin/python"


def main():
    venv, module = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    os.chdir(HERE)
    try:
        python = prepare(venv)
    except subprocess.CalledProcessError as error:
        print(f"manifests: {error}\n"
              "manifests: THE MANIFESTS ARE NOT CHECKED: PyPI cannot be reached, or python3-venv is missing",
              file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    os.execv(python, [python, "-B", "-m", "unittest", "--verbose", module] + sys.argv[3:])


if __name__ == "__main__":
    main()
