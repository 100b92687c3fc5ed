"""ballast.paths: models with the moments of their formulas, and files with what can be wrong in
them."""

import gzip
import math
import statistics

import pytest

from ballast import parameters, paths
from ballast.paths import PathError, Step
from ballast.units import WAD, YEAR

HOURS = 40_000
SIGMAS = 5  # standard errors: a right model fails once in a million; the seeds are fixed


def returns(steps):
    """Hourly changes of the logarithm."""
    logs = [math.log(step.price) for step in steps]
    return [after - before for before, after in zip(logs, logs[1:], strict=False)]


@pytest.mark.parametrize("model", [paths.gbm, paths.jump])
def test_models__same_seed__same_path(model):
    assert model(2_000, 0.7, 50, 3) == model(2_000, 0.7, 50, 3)
    assert model(2_000, 0.7, 50, 3) != model(2_000, 0.7, 50, 4)


@pytest.mark.parametrize("model", [paths.gbm, paths.jump])
def test_models__any__start_at_spot_and_are_long_enough(model):
    steps = model(2_000, 0.7, 50, 1)
    assert len(steps) == 51
    assert steps[0] == Step(2_000 * WAD, paths.BASIS_MEAN)
    assert all(step.price % paths.FEED_UNIT == 0 and step.price > 0 for step in steps)


def test_models__longer_run__begins_alike():
    assert paths.jump(2_000, 0.7, 50, 1) == paths.jump(2_000, 0.7, 90, 1)[:51]


def test_gbm__many_hours__has_vol_and_no_drift():
    """sd of an hour σ√dt, mean −σ²dt/2; the sd of a sample sd is sd/√2n, of a mean sd/√n."""
    vol, dt = 0.7, 1 / paths.HOURS_A_YEAR
    sample = returns(paths.gbm(2_000, vol, HOURS, 7))
    sd = vol * math.sqrt(dt)
    assert abs(statistics.stdev(sample) - sd) < SIGMAS * sd / math.sqrt(2 * HOURS)
    assert abs(statistics.fmean(sample) + vol**2 / 2 * dt) < SIGMAS * sd / math.sqrt(HOURS)


def test_jump__many_hours__has_the_moments_of_merton():
    """Variance of an hour (σ² + λ(m² + s²))dt; E[S(t+dt)/S(t)] = 1, the compensator's work. The
    fourth moment of the jumps makes the error of the variance: λ·dt·E[J⁴]/n, E[J⁴] = m⁴ + 6m²s² +
    3s⁴."""
    vol, rate, mean, sd, dt = 0.7, 104.0, -0.04, 0.06, 1 / paths.HOURS_A_YEAR
    sample = returns(paths.jump(2_000, vol, HOURS, 7))
    variance = (vol**2 + rate * (mean**2 + sd**2)) * dt
    fourth = rate * dt * (mean**4 + 6 * mean**2 * sd**2 + 3 * sd**4) + 3 * variance**2
    error = math.sqrt(fourth / HOURS)
    assert abs(statistics.variance(sample) - variance) < SIGMAS * error
    assert variance > 2 * vol**2 * dt  # the jumps are seen
    growth = [math.exp(change) for change in sample]
    assert abs(statistics.fmean(growth) - 1) < SIGMAS * math.sqrt(variance / HOURS)


def test_basis__many_hours__has_deviation_and_memory():
    """AR(1): the effective number of its n values is n(1 − φ²)/(1 + φ²) for the variance."""
    basis = [step.basis for step in paths.gbm(2_000, 0.7, HOURS, 7)][100:]
    memory = paths.BASIS_MEMORY
    effective = len(basis) * (1 - memory**2) / (1 + memory**2)
    relative = SIGMAS / math.sqrt(2 * effective)
    assert statistics.stdev(basis) == pytest.approx(paths.BASIS_DEVIATION, rel=relative)
    correlation = statistics.correlation(basis[:-1], basis[1:])
    assert abs(correlation - memory) < SIGMAS * math.sqrt((1 - memory**2) / len(basis))


def test_basis__many_hours__pays_the_long_run_funding():
    """AR(1): the effective number of its n values is n(1 − φ)/(1 + φ) for the mean."""
    basis = [step.basis for step in paths.gbm(2_000, 0.7, HOURS, 7)]
    effective = HOURS * (1 - paths.BASIS_MEMORY) / (1 + paths.BASIS_MEMORY)
    error = SIGMAS * paths.BASIS_DEVIATION / math.sqrt(effective)
    assert error < paths.BASIS_MEAN  # a mean of zero would be seen
    assert abs(statistics.fmean(basis) - paths.BASIS_MEAN) < error


def test_basis_mean__default_deployment__is_the_funding_that_premiums_charge():
    defaults = parameters.load()
    rate, period = defaults["pricer"]["carry"]["rate"], defaults["venue"]["period"]
    assert paths.BASIS_MEAN == pytest.approx(rate / WAD * period / YEAR, rel=1e-12)


# ------------------------------------------------------------------ files


PLAIN = """time,open,high,low,close
2020-03-12T00:00:00Z,200,201,199,200.5
2020-03-12T01:00:00Z,200.5,201,150,150.25
2020-03-12T02:00:00Z,150,160,140,155
"""
TWO_PRICES = """timestamp,index_close,mark_close
2020-03-12T00:00:00Z,200,202
2020-03-12T01:00:00Z,150,147
2020-03-12T02:00:00Z,160,
"""


def write(tmp_path, text, name="hours.csv"):
    file = tmp_path / name
    if name.endswith(".gz"):
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["hours.csv", "hours.csv.gz"])
def test_from_csv__ohlc__takes_the_close(tmp_path, name):
    steps = paths.from_csv(write(tmp_path, PLAIN, name))
    assert steps == [
        Step(2_005 * WAD // 10, 0.0),
        Step(15_025 * WAD // 100, 0.0),
        Step(155 * WAD, 0.0),
    ]


def test_from_csv__mark_and_index__gives_the_basis(tmp_path):
    """A row without a mark has no basis."""
    steps = paths.from_csv(write(tmp_path, TWO_PRICES))
    assert [step.price for step in steps] == [200 * WAD, 150 * WAD, 160 * WAD]
    assert [step.basis for step in steps] == pytest.approx([0.01, -0.02, 0.0])


@pytest.mark.parametrize("header", ["Time", "DATE", "datetime", "Open_Time", "timestamp"])
def test_from_csv__other_headers__are_known(tmp_path, header):
    text = f"{header},Close\n1,10\n2,11\n"
    assert len(paths.from_csv(write(tmp_path, text))) == 2


def test_from_csv__range__takes_both_ends(tmp_path):
    first, last = "2020-03-12T01", "2020-03-12T02:00:00Z"
    steps = paths.from_csv(write(tmp_path, PLAIN), first, last)
    assert [step.price for step in steps] == [15_025 * WAD // 100, 155 * WAD]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs a column called one of: time, timestamp, date, datetime, open_time"),
        ("time,close\n", "needs a column called one of: time"),
        ("close\n1\n2\n", "needs a column called one of: time"),
        ("time,open\n1,2\n3,4\n", "needs a column called one of: close, index_close"),
        ("time,close\n1,10\n", "has 1 usable rows, at least 2 are needed"),
        ("time,close\n1,10\n2,much\n", "has a row without a price"),
        ("time,close\n1,10\n2\n", "has a row without a price"),
        ("time,close\n1,10\n2,\n", "has a row without a price"),
        ("time,close\n1,10\n2,0\n", "has a price that is not positive: 0"),
        ("time,close\n1,10\n2,-5\n", "has a price that is not positive: -5"),
        ("time,close\n1,10\n2,nan\n", "has a price that is not positive: nan"),
        ("time,close\n1,10\n2,inf\n", "has a price that is not positive: inf"),
        ("time,close,mark_close\n1,10,x\n2,11,11\n", "has a row without a price"),
        ("time,close,mark_close\n1,10,-1\n2,11,11\n", "has a mark that is not positive: -1"),
        ("time,close,mark_close\n1,10,nan\n2,11,11\n", "has a mark that is not positive: nan"),
    ],
)
def test_from_csv__bad_content__says_what(tmp_path, text, message):
    file = write(tmp_path, text)
    with pytest.raises(PathError) as error:
        paths.from_csv(file)
    assert str(error.value).startswith(f"'{file}' {message}")


def test_from_csv__no_file__says_so(tmp_path):
    with pytest.raises(PathError, match="^cannot read '.*absent.csv': "):
        paths.from_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.csv", b"\xff\xfe\x00"), ("b.csv.gz", b"no gzip"), ("c.csv", b"a,b\n\x00")],
)
def test_from_csv__no_text__says_so(tmp_path, name, data):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(PathError):
        paths.from_csv(file)


def test_from_csv__damaged_gzip__says_so(tmp_path):
    file = write(tmp_path, PLAIN, "hours.csv.gz")
    file.write_bytes(file.read_bytes()[:-12])
    with pytest.raises(PathError, match="^cannot read "):
        paths.from_csv(file)


def test_first_hours__too_short__says_how_long():
    steps = paths.gbm(2_000, 0.7, 5, 1)
    assert paths.first_hours(steps, 5) == steps
    assert paths.first_hours(steps, 2) == steps[:3]
    with pytest.raises(PathError, match="^the path has 5 hours, 6 are needed$"):
        paths.first_hours(steps, 6)


# ── parts of an hour ──


def test_gbm__parts_of_an_hour__has_the_same_vol_and_basis():
    vol, parts = 0.7, 4
    steps = paths.gbm(2_000, vol, HOURS // parts, 7, parts)
    assert len(steps) == HOURS + 1
    sd = vol * math.sqrt(1 / paths.HOURS_A_YEAR / parts)
    assert abs(statistics.stdev(returns(steps)) - sd) < SIGMAS * sd / math.sqrt(2 * HOURS)
    memory = paths.BASIS_MEMORY ** (1 / parts)
    basis = [step.basis for step in steps]
    effective = HOURS * (1 - memory**2) / (1 + memory**2)
    relative = SIGMAS / math.sqrt(2 * effective)
    assert statistics.stdev(basis) == pytest.approx(paths.BASIS_DEVIATION, rel=relative)
    correlation = statistics.correlation(basis[:-1], basis[1:])
    assert abs(correlation - memory) < SIGMAS * math.sqrt((1 - memory**2) / HOURS)


def test_between__two_parts__adds_the_middle():
    steps = [Step(2_000 * WAD, 0.0), Step(2_100 * WAD, 0.002), Step(1_900 * WAD, 0.0)]
    assert paths.between(steps, 2) == [
        steps[0],
        Step(2_050 * WAD, 0.001),
        steps[1],
        Step(2_000 * WAD, 0.001),
        steps[2],
    ]
    assert paths.between(steps, 1) == steps


def test_starting_at__another_price__keeps_the_moves():
    steps = [Step(2_000 * WAD, 0.001), Step(2_200 * WAD, 0.002)]
    assert paths.starting_at(steps, 3_000 * WAD) == [
        Step(3_000 * WAD, 0.001),
        Step(3_300 * WAD, 0.002),
    ]
