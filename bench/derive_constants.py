"""Derive every constant of the pricing modules from its definition, with mpmath alone.

    python bench/derive_constants.py           print the constants as the modules declare them
    python bench/derive_constants.py --check   compare with the modules, exit 1 on a difference

The polynomials are minimax fits, found by the exchange algorithm of Remez at 50 digits: the error
of the best polynomial of degree n reaches its maximum at n + 2 points with alternating sign.
`weight` turns the error of the polynomial into the error of the function it serves.

    ATANH_i ln(x) = z·R(z²/4), z = 2(x − 1)/(x + 1), R(s) = atanh(√s)/√s on [0, 1/9]
    EXP_i   2^−f = (D − f)/(D + f), D = f·coth(f·ln2/2), a polynomial in f² on [0, 1/4]
    TAIL_i  Φ(−z) = e^(−z²/2)·t·P(t), t = 1/(1 + p·z), z in [0, 9.5] (beyond, the exponential is 0)

p = TAIL_P is chosen, not derived: the error of the fit has its minimum near it. All are times 2^64,
TAIL_i times 2^63, so that three products with t <= 1 fit in 256 bits.
"""

import argparse
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from mpmath import atanh, cos, coth, erfc, exp, log, lu_solve, matrix, mp, mpf, pi, polyval, sqrt

mp.dps = 50

MODULES = Path(__file__).resolve().parents[1] / "contracts" / "modules"
TAIL_P = mpf("0.248")
TAIL_Z_MAX = mpf("9.5")
GRID_PER_POINT = 24

Function = Callable[[mpf], mpf]


def remez(
    function: Function, weight: Function, low: mpf, high: mpf, degree: int
) -> tuple[list[mpf], mpf]:
    """Coefficients, lowest first, of the polynomial with the least max |weight·(P − function)| on
    [low, high], and that maximum."""
    count = degree + 2
    function, weight = cache(function), cache(weight)
    size = GRID_PER_POINT * count
    middle, half = (low + high) / 2, (high - low) / 2
    grid = [middle - half * cos(pi * i / size) for i in range(size + 1)]
    points = [middle - half * cos(pi * (i + mpf(1) / 2) / count) for i in range(count)]
    for _ in range(40):
        coefficients, level = _level(function, weight, points)

        def error(x: mpf, coefficients: list[mpf] = coefficients) -> mpf:
            return weight(x) * (polyval(coefficients, x, asc=True) - function(x))

        points = _extrema(error, grid, count)
        worst = max(abs(error(x)) for x in points)
        if worst < abs(level) * (1 + mpf(10) ** -12):
            return coefficients, worst
    raise ArithmeticError("the exchange did not converge")


def _level(function: Function, weight: Function, points: list[mpf]) -> tuple[list[mpf], mpf]:
    """The polynomial whose weighted error is ±level, alternating, at the points."""
    count = len(points)
    left, right = matrix(count), matrix(count, 1)
    for row, x in enumerate(points):
        for power in range(count - 1):
            left[row, power] = weight(x) * x**power
        left[row, count - 1] = (-1) ** row
        right[row] = weight(x) * function(x)
    solution = lu_solve(left, right)
    return list(solution)[:-1], solution[count - 1]


def _extrema(error: Function, grid: list[mpf], count: int) -> list[mpf]:
    """The largest error between each two changes of its sign, `count` of them in a row."""
    errors = [error(x) for x in grid]
    peaks: list[int] = []
    for i, value in enumerate(errors):
        if not value:
            continue
        if peaks and value * errors[peaks[-1]] > 0:
            if abs(value) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    while len(peaks) > count:  # more signs than needed: the smaller end gives way
        peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
    if len(peaks) < count:
        raise ArithmeticError("the error does not alternate often enough")
    return [_peak(error, grid, i) for i in peaks]


def _peak(error: Function, grid: list[mpf], i: int) -> mpf:
    """The extremum of the error next to grid point i, by successive parabolas."""
    if i in (0, len(grid) - 1):
        return grid[i]
    sides = [grid[i - 1], grid[i], grid[i + 1]]
    for _ in range(4):
        a, b, c = sides
        fa, fb, fc = (error(x) for x in sides)
        slope_left, slope_right = (fb - fa) / (b - a), (fc - fb) / (c - b)
        bend = (slope_right - slope_left) / (c - a)
        top = (a + b) / 2 - slope_left / (2 * bend)
        width = min(b - a, c - b) / 16
        sides = [top - width, top, top + width]
    return sides[1]


def log_fit() -> tuple[list[mpf], mpf]:
    """R(s); weight z = 2√s gives the error of the logarithm."""

    def quotient(s: mpf) -> mpf:
        return atanh(sqrt(s)) / sqrt(s) if s else mpf(1)

    return remez(quotient, lambda s: 2 * sqrt(s), mpf(0), mpf(1) / 9, 11)


def exp_fit() -> tuple[list[mpf], mpf]:
    """D(u), u = f²; weight |d(2^−f)/dD| at −√u, where it is largest."""

    def even_part(u: mpf) -> mpf:
        return sqrt(u) * coth(sqrt(u) * log(2) / 2) if u else 2 / log(2)

    def weight(u: mpf) -> mpf:
        return 2 * sqrt(u) / (even_part(u) - sqrt(u)) ** 2

    return remez(even_part, weight, mpf(0), mpf(1) / 4, 5)


def tail_fit(p: mpf = TAIL_P) -> tuple[list[mpf], mpf]:
    """P(t); weight t·e^(−z²/2) gives the error of Φ(−z)."""

    def z(t: mpf) -> mpf:
        return (1 / t - 1) / p

    def quotient(t: mpf) -> mpf:
        return erfc(z(t) / sqrt(2)) / 2 * exp(z(t) ** 2 / 2) / t

    def weight(t: mpf) -> mpf:
        return t * exp(-(z(t) ** 2) / 2)

    return remez(quotient, weight, 1 / (1 + p * TAIL_Z_MAX), mpf(1), 13)


def fixed(value: mpf, bits: int = 64) -> int:
    """The nearest multiple of 2^−bits."""
    return int(mp.nint(value * 2**bits))


@cache
def derive() -> dict[str, dict[str, tuple[int, str]]]:
    """{module: {constant: (value, how it came about)}}."""
    fits = {"ATANH": (64, log_fit()), "EXP": (64, exp_fit()), "TAIL": (63, tail_fit())}
    fitted = {
        name: {
            f"{name}_{i}": (fixed(c, bits), f"{mp.nstr(c, 20)}, fit error {mp.nstr(error, 3)}")
            for i, c in enumerate(coefficients)
        }
        for name, (bits, (coefficients, error)) in fits.items()
    }
    return {
        "fixed_point": {
            "LN_TWO": (fixed(log(2)), "ln 2"),
            "LOG2_E": (fixed(1 / log(2)), "log2 e"),
            **fitted["ATANH"],
            **fitted["EXP"],
        },
        "black_scholes": {
            "TAIL_P": (fixed(TAIL_P), "p"),
            "INV_SQRT_2_PI": (fixed(1 / sqrt(2 * pi)), "1/sqrt(2 pi)"),
            **fitted["TAIL"],
        },
    }


def declared(module: str) -> dict[str, int]:
    """The integer literals a module declares as constants."""
    source = (MODULES / f"{module}.vy").read_text()
    found = re.findall(r"^([A-Z0-9_]+): constant\(int256\) = (-?[\d_]+)", source, re.MULTILINE)
    return {name: int(value) for name, value in found}


def differences() -> list[str]:
    """One line for each constant a module lacks or has otherwise."""
    lines = []
    for module, constants in derive().items():
        have = declared(module)
        for name, (value, _) in constants.items():
            if have.get(name) != value:
                lines.append(f"{module}.vy: {name} is {have.get(name)}, derived {value}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with contracts/modules")
    if parser.parse_args().check:
        lines = differences()
        print("\n".join(lines) if lines else "all constants as derived")
        return 1 if lines else 0
    for module, constants in derive().items():
        print(f"# {module}.vy")
        for name, (value, origin) in constants.items():
            print(f"{name}: constant(int256) = {value:_}  # {origin}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
