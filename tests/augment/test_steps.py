"""Steps by name: what they may say, and that all of them keep their promises."""

import numpy as np
import pytest
from pydantic import ValidationError

from serkit.audio import Clip
from serkit.augment import STEPS, Step, default_step, extent, noise, tempo
from serkit.errors import AugmentError, SerkitError

# These change how long a clip is; all others keep it.
LENGTH_CHANGES = {"crop", "silence", "stretch", "speed"}


def step(name, sounds, **settings):
    return Step(name=name, **({"folder": sounds} if STEPS[name].reads_folder else {}), **settings)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_alters_a_voice_the_same_way_twice(name, clip, sounds):
    one, two = (step(name, sounds).alter(clip, np.random.default_rng(11)) for _ in range(2))
    np.testing.assert_array_equal(one.signal, two.signal)
    assert one.signal.dtype == np.float32
    assert one.signal.ndim == 1
    assert np.isfinite(one.signal).all()
    assert (one.signal.size == clip.signal.size) == (name not in LENGTH_CHANGES)
    assert (one.sampling_rate, one.source) == (clip.sampling_rate, clip.source)
    assert not np.array_equal(one.signal, clip.signal)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_leaves_its_input_alone_and_silence_silent_or_refused(name, clip, silence, sounds):
    before = clip.signal.copy()
    step(name, sounds).alter(clip, np.random.default_rng(0))
    np.testing.assert_array_equal(clip.signal, before)
    try:
        heard = step(name, sounds).alter(silence, np.random.default_rng(0))
    except SerkitError as error:
        assert "silence.wav: digital silence" in str(error)
    else:
        assert np.abs(heard.signal).max() < 1e-3


def test_defaults_are_those_of_the_published_system(clip):
    def generator():
        rng = np.random.default_rng(4)
        rng.random()  # Whether the step is taken at all.
        return rng

    rng = generator()
    rng.uniform(0.035, 0.035)
    expected = {
        "noise": noise.add_noise(clip, rng, scale=0.035),
        "stretch": tempo.stretch_time(clip, 0.8),
        "pitch": tempo.shift_pitch(clip, 0.7),
        "roll": extent.shift_time(clip, int(generator().uniform(-5, 5) * 1000), circular=True),
    }
    for name, altered in expected.items():
        found = Step(name=name).alter(clip, np.random.default_rng(4))
        np.testing.assert_array_equal(found.signal, altered.signal)


def test_a_step_is_taken_as_often_as_it_says(clip):
    rng = np.random.default_rng(0)
    rare = Step(name="gain", gain_db=-6, probability=0.25)
    taken = sum(rare.alter(clip, rng) is not clip for _ in range(400))
    assert taken == pytest.approx(100, abs=25)


def test_ranges_are_drawn_from_end_to_end():
    one = Clip(np.ones(1, dtype=np.float32), 8_000)
    rng = np.random.default_rng(0)
    step = Step(name="gain", gain_db=[-10, 10])
    drawn = [20 * np.log10(step.alter(one, rng).signal[0]) for _ in range(500)]
    assert -10 <= min(drawn) < -9.5
    assert 9.5 < max(drawn) <= 10


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"name": "nosie"}, "unknown augmentation 'nosie'; did you mean 'noise'"),
        ({"name": "noise", "scal": 1}, "unknown setting of noise 'scal'; did you mean 'scale'"),
        ({"name": "stretch", "rate": 0}, r"rate: 0 is no number or ascending \[low, high\]; from 0.1"),
        ({"name": "gain", "gain_db": [5, -5]}, r"gain.gain_db: \[5, -5\] is no number or ascending"),
        ({"name": "gain", "gain_db": "loud"}, "gain.gain_db: 'loud' is no number"),
        ({"name": "gain", "gain_db": [1, 2, 3]}, r"gain.gain_db: \[1, 2, 3\] is no number"),
        ({"name": "gain", "gain_db": float("nan")}, "gain.gain_db: nan is no number"),
        ({"name": "gain", "probability": 0}, "greater than 0"),
        ({"name": "background"}, "background: needs a folder of recordings; written folder = "),
        ({"name": "noise", "folder": "x"}, "noise: takes no folder"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(settings, problem):
    with pytest.raises(ValidationError, match=problem):
        Step(**settings)


def test_default_steps_are_those_that_need_no_folder():
    for name, kind in STEPS.items():
        if kind.reads_folder:
            with pytest.raises(AugmentError, match=f"{name}: needs a folder of recordings"):
                default_step(name)
        else:
            assert default_step(name) == Step(name=name)
    with pytest.raises(AugmentError, match="unknown augmentation 'Pitch'; did you mean 'pitch'"):
        default_step("Pitch")
