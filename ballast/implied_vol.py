"""Implied volatility in floats, to the last digits that a price determines.

The price is taken to its out-of-the-money side and measured in min(F, K). With s = σ√T,
u = |ln(F/K)|, z = u/s, t = s/2 and the scaled tail R(x) = N(-x)·e^(x²/2), the formula reads

    b = e^(-(t-z)²/2)·(R(z-t) - R(z+t))        the time value, 0 < b < 1
    1-b = e^(-(t-z)²/2)·(R(t-z) + R(t+z))      what it lacks to its upper bound

with slopes ±n(t-z) in s. (The form with erfcx(x/√2) = 2·R(x), and solving for b below and for 1-b
above, are those of P. Jäckel, "Let's Be Rational", Wilmott 2015.)

Newton on the logarithm of the smaller of the two, from its far side, never passes the root: b is
the integral of n(w/2 - u/w) over w from 0 to s, 1-b that from s up. The logarithm of n(w/2 - u/w),
a constant less u²/2w² + w²/8, is concave, so those of its integrals are (Prékopa), and the
tangents lie above them.
"""

from math import erfc, exp, frexp, fsum, isfinite, isinf, ldexp, log, log1p, pi, sqrt

ROOT_TWO_PI = sqrt(2 * pi)
SMALLEST_NORMAL = 2.0**-1022

ACCURATE = 1e-9
"""Relative step of Newton after which nothing is left to do: the error that remains is the square
of the step times s·(ln b)''/(ln b)'/2, which is 22 at most (F/K = e^1454 at b = 1/2)."""
MAX_STEPS = 30
"""Never reached: the tests show that 9 will do."""

FRACTION_FROM = 2.0
"""Where R comes from its continued fraction instead of `erfc`."""
FRACTION_TERMS = 120
"""The error falls like e^(-2x√n): at x = 2 below 1e-18."""

SERIES_BELOW = 0.5
SERIES_ORDER = 21
"""For t < 1/2 the next term is below 1e-17 of the sum."""


def implied_vol(is_call: bool, price: float, forward: float, strike: float, years: float) -> float:
    """Volatility a year at which Black-Scholes on the forward, undiscounted, gives the price.

    The inverse of `float_pricing.price` with forward = spot·e^carry; price, forward and strike
    [USD per ETH]. An error of the price becomes price / (vega·vol) times as large, relatively; the
    inversion itself adds a few units of the last place. ValueError unless everything is positive
    and finite and the price between its limits: max(F-K, 0) < call < F, max(K-F, 0) < put < K.
    """
    values = {"price": price, "forward": forward, "strike": strike, "years": years}
    for name, value in values.items():
        if not (value > 0 and isfinite(value)):
            raise ValueError(f"{name} must be positive and finite, not {value!r}")

    side, limit = ("call", "forward") if is_call else ("put", "strike")
    bound, other = (forward, strike) if is_call else (strike, forward)
    lacking = bound - price
    if lacking <= 0:
        raise ValueError(f"{side} price {price!r} must be below the {limit}, {bound!r}")
    # Rounded once: the time value of an option in the money has every digit that its price has.
    time_value = price if bound <= other else fsum((price, -bound, other))
    if time_value <= 0:
        intrinsic = max(bound - other, 0.0)
        raise ValueError(f"{side} price {price!r} must be above its intrinsic value, {intrinsic!r}")

    unit = min(forward, strike)
    u = _log_ratio(max(forward, strike), unit)
    # Exact, and away from where floats lose digits; only ever up, for the sake of tiny prices.
    doublings = max(0, -frexp(unit)[1])
    unit = ldexp(unit, doublings)
    if time_value <= lacking:
        deviation = _from_time_value(ldexp(time_value, doublings), unit, u)
    else:
        deviation = _from_lacking(ldexp(lacking, doublings), unit, u)
    return deviation / sqrt(years)


def _from_time_value(time_value: float, unit: float, u: float) -> float:
    """s of b = time_value / unit <= 1/2, from below.

    Two lower bounds of s: √(2π)·b, which it is at the money to first order; and that where
    z-t = a, for b <= N(t-z) <= e^(-(t-z)²/2)/2, which is close far from the money.
    """
    s = ROOT_TWO_PI * (time_value / unit)
    if u > 0:
        a = sqrt(2 * max(_log_ratio(unit, 2 * time_value), 0.0))
        s = max(s, 2 * u / (a + sqrt(a * a + 2 * u)))
    if s == 0:
        return s  # at the money, and below the smallest float
    for _ in range(MAX_STEPS):
        z, t = u / s, s / 2
        width = _tail_difference(z, t)
        step = ROOT_TWO_PI * width * (_log_ratio(time_value, unit * width) + (t - z) ** 2 / 2)
        s += step
        if step <= ACCURATE * s:
            break
    return s


def _from_lacking(lacking: float, unit: float, u: float) -> float:
    """s of 1-b = lacking / unit <= 1/2, from above.

    An upper bound of s: that where t-z = a, for R(t+z) <= R(t-z) and so 1-b <= 2·N(z-t)
    <= e^(-(t-z)²/2).
    """
    a = sqrt(2 * _log_ratio(unit, lacking))
    s = a + sqrt(a * a + 2 * u)
    for _ in range(MAX_STEPS):
        z, t = u / s, s / 2
        width = _tail(t - z) + _tail(t + z)
        step = ROOT_TWO_PI * width * (_log_ratio(lacking, unit * width) + (t - z) ** 2 / 2)
        s -= step
        if step <= ACCURATE * s:
            break
    return s


def _log_ratio(a: float, b: float) -> float:
    """ln(a/b) to the last digits, also where a is close to b or the quotient no normal float."""
    ratio = a / b
    if ratio < SMALLEST_NORMAL or isinf(ratio):
        return log(a) - log(b)
    return log1p((a - b) / b) if 0.5 < ratio < 2 else log(ratio)


def _tail_difference(z: float, t: float) -> float:
    """R(z-t) - R(z+t) for z >= 0: by its Taylor series where the two are close, which is
    2·Σ c(n)·tⁿ/n! over odd n, c(n) = (-1)ⁿ·R⁽ⁿ⁾(z), no term of it negative."""
    if t >= SERIES_BELOW:
        return _tail(z - t) - _tail(z + t)
    c = _tail_derivatives(z)
    total = 0.0
    for n in range(SERIES_ORDER, 0, -2):
        total = c[n] + total * t * t / ((n + 1) * (n + 2))
    return 2 * t * total


def _tail(x: float) -> float:
    """R(x) = N(-x)·e^(x²/2) for x > -37."""
    if x < FRACTION_FROM:
        return exp(x * x / 2) * erfc(x / sqrt(2)) / 2
    return 1 / ROOT_TWO_PI / (x + _derivative_ratios(x)[1])


def _tail_derivatives(x: float) -> list[float]:
    """c(n) = (-1)ⁿ·R⁽ⁿ⁾(x) for x >= 0 and n up to SERIES_ORDER.

    R' = x·R - 1/√(2π) gives c(n+1) = n·c(n-1) - x·c(n): good upwards while x is small, after that
    only as ratios, downwards.
    """
    c = [_tail(x)]
    if x < FRACTION_FROM:
        c.append(1 / ROOT_TWO_PI - x * c[0])
        for n in range(1, SERIES_ORDER):
            c.append(n * c[n - 1] - x * c[n])
    else:
        ratios = _derivative_ratios(x)
        for n in range(1, SERIES_ORDER + 1):
            c.append(c[n - 1] * ratios[n])
    return c


def _derivative_ratios(x: float) -> list[float]:
    """c(n)/c(n-1) = n/(x + c(n+1)/c(n)) at index n >= 1, for x >= 2: Laplace's continued fraction
    R(x)·√(2π) = 1/(x + 1/(x + 2/(x + 3/(x + ...))))."""
    ratios = [0.0] * (FRACTION_TERMS + 1)
    following = 0.0
    for n in range(FRACTION_TERMS, 0, -1):
        following = ratios[n] = n / (x + following)
    return ratios
