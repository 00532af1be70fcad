"""Background sounds, babble and rooms from files."""

import numpy as np
import pytest
import soundfile

from serkit.audio import Clip
from serkit.augment.material import add_babble, add_background, sound_in_room
from serkit.errors import AudioNotFoundError, AugmentError


@pytest.mark.parametrize("seed", range(6))
def test_the_ratio_is_reached_with_long_and_short_files(clip, sounds, snr_db, seed):
    found = add_background(clip, np.random.default_rng(seed), folder=sounds, snr_db=7.0)
    assert snr_db(clip, found) == pytest.approx(7.0, abs=0.1)
    assert (found.source, found.start) == (clip.source, clip.start)
    found = add_babble(clip, np.random.default_rng(seed), folder=sounds, voices=3, snr_db=-2.0)
    assert snr_db(clip, found) == pytest.approx(-2.0, abs=0.1)


def test_every_file_is_drawn_and_every_part_of_a_long_one(clip, sounds):
    quiet = Clip(np.full_like(clip.signal, 1e-3), clip.sampling_rate)
    generators = [np.random.default_rng(seed) for seed in range(20)]
    found = [add_background(quiet, rng, folder=sounds, snr_db=0).signal for rng in generators]
    added = {signal[:50].tobytes() for signal in found}
    # The short file begins alike each time.
    assert 5 < len(added) < 20


def test_an_excerpt_sounds_as_in_its_file(tmp_path, rng):
    time = np.arange(44_100) / 44_100
    soundfile.write(tmp_path / "tone.wav", np.sin(2 * np.pi * 3000 * time), 44_100)
    clip = Clip(np.full(16_000, 0.1, dtype=np.float32), 16_000)
    added = add_background(clip, rng, folder=tmp_path, snr_db=10).signal - clip.signal
    assert np.abs(np.fft.rfft(added)).argmax() == 3000


def test_a_room_is_its_impulse_response(clip, tmp_path, rng):
    soundfile.write(tmp_path / "room.wav", np.array([0, 0.5, 0, 0.25]), 16_000, subtype="FLOAT")
    expected = clip.signal.copy()
    expected[2:] += 0.5 * clip.signal[:-2]
    expected *= np.linalg.norm(clip.signal) / np.linalg.norm(expected)
    np.testing.assert_allclose(sound_in_room(clip, rng, folder=tmp_path).signal, expected, atol=1e-6)


def test_a_folder_without_recordings_is_refused(clip, tmp_path, rng):
    with pytest.raises(AugmentError, match=r"holds no recording to mix in; name a folder of audio files"):
        add_background(clip, rng, folder=tmp_path, snr_db=0)
    with pytest.raises(AudioNotFoundError, match="no such folder"):
        sound_in_room(clip, rng, folder=tmp_path / "missing")


def test_a_stretch_of_silence_in_a_file_is_passed_over(clip, tmp_path, snr_db):
    long = np.zeros(20 * 16_000)
    long[12 * 16_000 :] = 0.1
    soundfile.write(tmp_path / "late.wav", long, 16_000)
    for seed in range(10):
        found = add_background(clip, np.random.default_rng(seed), folder=tmp_path, snr_db=3)
        assert snr_db(clip, found) == pytest.approx(3, abs=0.1)
