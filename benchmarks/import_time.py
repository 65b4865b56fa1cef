"""How long the command line and the package take to start, beside a bare interpreter.

Run: python benchmarks/import_time.py [RUNS]
"""

import subprocess
import sys
import time

CASES = {
    "python -c pass": ["-c", "pass"],
    "import cracktrader": ["-c", "import cracktrader"],
    "cracktrader --version": ["-m", "cracktrader", "--version"],
    "cracktrader --help": ["-m", "cracktrader", "--help"],
    "import backtrader": ["-W", "ignore", "-c", "import backtrader"],
    "import ccxt": ["-c", "import ccxt"],
}
TARGETS = {"import cracktrader": 0.1, "cracktrader --help": 0.3}


def best_of(arguments: list[str], runs: int) -> float:
    """Seconds of the fastest of *runs* fresh processes."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(  # noqa: S603
            [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL
        )
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    bare = 0.0
    print(f"best of {runs} fresh processes, Python {sys.version.split()[0]}")
    print(f"{'what':<24}{'seconds':>9}{'above bare':>12}{'target':>9}")
    for name, arguments in CASES.items():
        seconds = best_of(arguments, runs)
        bare = bare or seconds
        target = f"{TARGETS[name]:.1f}" if name in TARGETS else ""
        print(f"{name:<24}{seconds:>9.3f}{seconds - bare:>12.3f}{target:>9}")


if __name__ == "__main__":
    main()
