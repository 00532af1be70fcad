"""Feature sets: exact shapes, names, keys and errors; the published ones equal librosa as called there."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from serkit.audio import Clip, clip_from_array
from serkit.augment.extent import surround_with_silence
from serkit.errors import FeatureError, SilentSignalError, TooShortError
from serkit.features import DESCRIPTORS, FEATURE_SETS, AudioSpec, FeatureSet

SHAPES = {
    "contours-848": (848,),
    "means-162": (162,),
    "means-186": (186,),
    "means-193": (193,),
    "sequence-219": (228, 219),
    "mfcc-image-25": (25, 216),
}
REFERENCE = librosa.feature


def feature_set(*blocks, **settings) -> FeatureSet:
    return FeatureSet(blocks=blocks, **settings)


@pytest.mark.parametrize("name", SHAPES)
def test_published_sets_have_their_shapes(name, voice):
    long_voice = Clip(np.tile(voice.signal, 3), 16_000)
    assert FEATURE_SETS[name].shape == SHAPES[name]
    assert FEATURE_SETS[name].extract(long_voice).shape == SHAPES[name]


def librosa_848(signal, rate):
    contours = [
        REFERENCE.zero_crossing_rate(signal),
        REFERENCE.rms(y=signal),
        REFERENCE.mfcc(y=signal, sr=rate, n_mfcc=13).mean(axis=0, keepdims=True),
        REFERENCE.spectral_centroid(y=signal, sr=rate),
        REFERENCE.spectral_bandwidth(y=signal, sr=rate),
        REFERENCE.spectral_flatness(y=signal),
        REFERENCE.spectral_rolloff(y=signal, sr=rate),
        REFERENCE.spectral_rolloff(y=signal, sr=rate, roll_percent=0.01),
    ]
    return np.concatenate(contours, axis=1)[0]


def librosa_162(signal, rate):
    magnitude = np.abs(librosa.stft(signal, pad_mode="reflect"))
    contours = [
        REFERENCE.zero_crossing_rate(signal),
        REFERENCE.chroma_stft(S=magnitude, sr=rate),
        REFERENCE.mfcc(y=signal, sr=rate, pad_mode="reflect"),
        REFERENCE.rms(y=signal, pad_mode="reflect"),
        REFERENCE.melspectrogram(y=signal, sr=rate, pad_mode="reflect"),
    ]
    return np.concatenate([contour.mean(axis=1) for contour in contours])


def librosa_186(signal, rate):
    spectral = {"y": signal, "sr": rate, "pad_mode": "reflect"}
    magnitude = np.abs(librosa.stft(signal, pad_mode="reflect"))
    wave = [signal.max(), signal.min(), signal.mean(), signal.std(), np.median(signal), np.ptp(signal)]
    parts = [
        REFERENCE.mfcc(**spectral, n_mfcc=40).mean(axis=1),
        np.log(REFERENCE.melspectrogram(**spectral).mean(axis=1) + 1),
        np.log(REFERENCE.chroma_stft(S=magnitude, sr=rate).mean(axis=1) + 1),
        wave,
    ]
    return np.concatenate(parts)


def librosa_193(signal, rate):
    magnitude = np.abs(librosa.stft(signal, pad_mode="reflect"))
    parts = [
        REFERENCE.melspectrogram(y=signal, sr=rate, pad_mode="reflect").mean(axis=1),
        REFERENCE.chroma_stft(S=magnitude, sr=rate, n_chroma=24).mean(axis=1),
        REFERENCE.mfcc(y=signal, sr=rate, n_mfcc=40, pad_mode="reflect").mean(axis=1),
        [np.sum(librosa.zero_crossings(signal, pad=False))],
    ]
    return np.concatenate(parts)


def librosa_219(signal, rate):
    spectral = {"y": signal, "sr": rate, "n_fft": 1024, "hop_length": 512, "pad_mode": "reflect"}
    rows = [
        REFERENCE.mfcc(**spectral, n_mfcc=40),
        np.log(REFERENCE.chroma_stft(**spectral) + 1),
        np.log(REFERENCE.spectral_contrast(**spectral) + 1),
        np.log(REFERENCE.melspectrogram(**spectral, n_mels=160) + 1),
    ]
    return np.concatenate(rows).T


def librosa_image(signal, rate):
    return REFERENCE.mfcc(y=signal, sr=rate, n_mfcc=25)


CALLS = {
    "contours-848": librosa_848,
    "means-162": librosa_162,
    "means-186": librosa_186,
    "means-193": librosa_193,
    "sequence-219": librosa_219,
    "mfcc-image-25": librosa_image,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:Empty filters")
def test_published_sets_equal_librosa(name, clips):
    published = FEATURE_SETS[name]
    names = published.names
    for clip in clips:
        long_clip = Clip(np.tile(clip.signal, 2), clip.sampling_rate)
        prepared = published.audio.prepare(long_clip)
        ours, theirs = published.extract(long_clip), CALLS[name](prepared.signal, prepared.sampling_rate)
        assert ours.shape == theirs.shape
        row_axis = published.shape.index(len(names))
        for row, (mine, reference) in enumerate(
            zip(np.moveaxis(ours, row_axis, 0), np.moveaxis(theirs, row_axis, 0), strict=True)
        ):
            family = [i for i, other in enumerate(names) if other[:5] == names[row][:5]]
            scale = np.abs(np.take(theirs, family, axis=row_axis)).max()
            assert np.abs(mine - reference).max() <= 1e-4 * scale + 1e-6, names[row]


def test_names_are_readable():
    made = feature_set(
        {"name": "mfcc", "n_mfcc": 4, "deltas": 1},
        {"name": "f0", "over": "voiced"},
        {"name": "rolloff"},
        {"name": "wave"},
        functionals=("mean", "percentile_80"),
    )
    assert {"mfcc_03_mean", "mfcc_03_delta_mean", "f0_percentile_80", "rolloff_85_mean", "wave_max"} <= set(
        made.names
    )
    assert len(made.names) == made.shape[0] == 2 * (8 + 1 + 1) + 6


def test_key_is_of_what_changes_the_result_and_of_nothing_else():
    made = feature_set({"name": "mfcc"})
    same = [
        feature_set({"name": "mfcc", "n_mfcc": 20}, name="other"),
        feature_set({"name": "mfcc", "label": "cepstrum", "n_fft": 2048}),
        feature_set({"name": "mfcc", "functionals": ("mean",)}, functionals=("std",)),
        feature_set({"name": "mfcc"}, audio=AudioSpec(pad=False)),
    ]
    assert {each.key for each in same} == {made.key}
    other = [
        feature_set({"name": "mfcc", "n_mfcc": 13}),
        feature_set({"name": "mfcc", "deltas": 1}),
        feature_set({"name": "mfcc", "over": "voiced"}),
        feature_set({"name": "mfcc"}, functionals=("std",)),
        feature_set({"name": "mfcc"}, pad_mode="reflect"),
        feature_set({"name": "mfcc"}, audio=AudioSpec(level="rms")),
        feature_set({"name": "mfcc"}, layout="image"),
    ]
    assert len({made.key, *(each.key for each in other)}) == 1 + len(other)


def test_deltas_may_have_functionals_of_their_own(voice):
    block = {"name": "rms", "deltas": 1, "functionals": ("mean",), "delta_functionals": ("std", "max")}
    made = feature_set(block, {"name": "wave"})
    assert made.names[:3] == ("rms_mean", "rms_delta_std", "rms_delta_max")
    alone = feature_set({"name": "rms", "deltas": 1}, functionals=("mean", "std", "max")).extract(voice)
    np.testing.assert_allclose(made.extract(voice)[:3], alone[[0, 4, 5]])


def test_weights_follow_the_names_and_change_no_feature(voice):
    made = feature_set({"name": "rms", "weight": 2.0}, {"name": "wave"}, functionals=("mean", "std"))
    np.testing.assert_array_equal(made.weights, [2, 2, 1, 1, 1, 1, 1, 1])
    plain = feature_set({"name": "rms"}, {"name": "wave"}, functionals=("mean", "std"))
    assert made.key == plain.key
    np.testing.assert_array_equal(made.extract(voice), plain.extract(voice))


@pytest.mark.parametrize("gain", [0.001, 0.03, 8.0])
def test_gain_does_not_change_the_functionals(voice, gain):
    made = FEATURE_SETS["serkit-functionals"]
    louder = Clip(voice.signal * np.float32(gain), voice.sampling_rate)
    np.testing.assert_allclose(made.extract(louder), made.extract(voice), rtol=1e-2, atol=1e-2)


def test_the_means_come_after_the_functionals(voice):
    made, means = FEATURE_SETS["serkit-functionals"], FEATURE_SETS["serkit-functionals-means"]
    n = len(made.names)
    assert means.names[:n] == made.names
    assert {name.rsplit("_", 1)[1] for name in means.names[n:]} == {"mean"}
    np.testing.assert_array_equal(means.extract(voice)[:n], made.extract(voice))
    np.testing.assert_array_equal(means.weights, [*made.weights, *[3.0] * 78])


@pytest.mark.parametrize("made", FEATURE_SETS.values(), ids=FEATURE_SETS)
def test_every_name_has_a_weight(made):
    assert made.weights.shape == (len(made.names),)


def test_a_changed_copy_has_a_key_and_names_of_its_own():
    made = feature_set({"name": "mfcc"})
    _ = made.key, made.names
    copy = made.model_copy(update={"functionals": ("std",)})
    assert copy.key != made.key
    assert copy.names[0] == "mfcc_00_std"


def test_a_set_survives_json():
    for made in FEATURE_SETS.values():
        again = FeatureSet.model_validate_json(made.model_dump_json())
        assert again.key == made.key
        assert again.names == made.names


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"blocks": [{"name": "mffc"}]}, "did you mean 'mfcc'"),
        ({"blocks": [{"name": "mfcc", "n_mfc": 3}]}, "did you mean 'n_mfcc'"),
        ({"blocks": [{"name": "mfcc", "n_mfcc": 0}]}, r"mfcc\.n_mfcc = 0"),
        ({"blocks": [{"name": "mfcc", "n_mfcc": "3"}]}, r"mfcc\.n_mfcc = '3'"),
        ({"blocks": [{"name": "rolloff", "roll_percent": 85}]}, "roll_percent = 85"),
        ({"blocks": [{"name": "rms"}], "functionals": ["meen"]}, "did you mean 'mean'"),
        ({"blocks": [{"name": "rms"}, {"name": "rms"}]}, "label"),
        ({"blocks": [{"name": "wave", "deltas": 1}]}, "whole signal"),
        ({"blocks": [{"name": "wave"}], "layout": "image"}, "whole signal"),
        ({"blocks": [{"name": "rms"}], "layout": "contours"}, "duration_s"),
        ({"blocks": [{"name": "rms", "over": "voiced"}], "layout": "sequence"}, "vector"),
        ({"blocks": [{"name": "rms", "hop_length": 9}, {"name": "mfcc"}], "layout": "image"}, "hop_length"),
        ({"blocks": []}, "at least 1"),
        ({"blocks": [{"name": "rms"}], "n_fft": 1023}, "multiple of 2"),
    ],
)
def test_wrong_settings_are_refused(settings, told):
    with pytest.raises(ValidationError, match=told):
        FeatureSet.model_validate(settings)


def test_all_descriptors_are_finite_on_speech(voice):
    made = feature_set(
        *({"name": name} for name in DESCRIPTORS),
        {"name": "f0", "label": "voiced_f0", "over": "voiced"},
        functionals=("mean", "std", "skewness", "kurtosis", "slope"),
    )
    values = made.extract(voice)
    assert values.shape == made.shape
    assert np.isfinite(values).all()


def test_voiced_functionals_leave_out_silence(voice):
    quiet = clip_from_array(np.concatenate([voice.signal, np.zeros(32_000, dtype=np.float32)]), 16_000)
    f0 = feature_set({"name": "f0", "over": "voiced"}, functionals=("median",), hop_length=160)
    everywhere = feature_set({"name": "f0"}, functionals=("median",), hop_length=160)
    assert f0.extract(quiet)[0] == pytest.approx(150, rel=0.1)
    assert everywhere.extract(quiet)[0] > 200


def test_a_clip_without_a_voiced_frame_falls_back_to_all_frames():
    noise = clip_from_array(0.1 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32), 16_000)
    settings = {"functionals": ("mean",), "hop_length": 4_000}
    voiced = feature_set({"name": "rms", "over": "voiced"}, **settings)
    assert voiced.extract(noise) == pytest.approx(feature_set({"name": "rms"}, **settings).extract(noise))


@pytest.mark.parametrize("level", ["rms", "peak", "zscore"])
def test_level_does_not_matter_once_it_is_normalised(level, voice):
    made = feature_set({"name": "mfcc"}, {"name": "rms"}, audio=AudioSpec(level=level))
    quiet = clip_from_array(voice.signal * np.float32(0.01), 16_000)
    np.testing.assert_allclose(made.extract(quiet), made.extract(voice), rtol=1e-3, atol=1e-3)


def test_a_sequence_may_be_of_any_length(voice):
    made = feature_set({"name": "mfcc"}, layout="sequence", hop_length=160)
    assert made.shape == (None, 20)
    assert made.extract(voice).shape == (101, 20)


def test_rate_that_a_block_cannot_be_computed_at_is_told(voice):
    made = feature_set({"name": "mel", "fmax": 9_000.0})
    with pytest.raises(FeatureError, match="16000 Hz"):
        made.extract(voice)


def test_nan_is_told_by_name(voice):
    made = feature_set({"name": "rms"}, {"name": "mfcc", "transform": "log1p"})
    with np.errstate(invalid="ignore"), pytest.raises(FeatureError, match=r"mfcc_\d\d_mean is not a finite"):
        made.extract(voice)


def test_short_and_silent_clips_are_refused():
    made = FEATURE_SETS["means-162"]
    with pytest.raises(TooShortError, match=r"0\.693"):
        made.extract(clip_from_array(np.ones(8_000, dtype=np.float32), 16_000))
    begins = np.zeros(32_000, dtype=np.float32)
    begins[:100] = 0.5
    with pytest.raises(SilentSignalError):
        made.extract(clip_from_array(begins, 16_000))


def test_the_trace_of_silence_is_not_made_audible():
    trace = Clip(np.float32([0, 2e-34, 0, -2e-34] * 4_000), 16_000)
    with pytest.raises(SilentSignalError):
        FeatureSet(audio={"level": "zscore"}, blocks=[{"name": "rms"}]).extract(trace)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_preparation_cuts_as_librosa_loads(tmp_path, voice):
    import soundfile

    path = tmp_path / "voice.wav"
    soundfile.write(path, np.tile(voice.signal, 4), 16_000, subtype="FLOAT")
    expected, _ = librosa.load(path, sr=22_050, offset=0.6, duration=2.5)
    prepared = FEATURE_SETS["means-162"].audio.prepare(Clip(np.tile(voice.signal, 4), 16_000))
    np.testing.assert_allclose(prepared.signal, expected, atol=1e-6)


def test_a_stretch_is_altered_between_cutting_and_filling_up():
    seen = []

    def twice_as_long(clip):
        seen.append(clip)
        return Clip(np.tile(clip.signal, 2), clip.sampling_rate)

    clip = Clip(np.linspace(0.1, 0.5, 32_000, dtype=np.float32), 16_000)
    spec = AudioSpec(sampling_rate=8_000, offset_s=0.5, duration_s=1.0, level="peak")
    filled = spec.prepare(clip, alter=twice_as_long)
    assert (seen[0].sampling_rate, seen[0].signal.size, seen[0].start) == (8_000, 8_000, 0.5)
    assert filled.signal.size == 8_000
    assert np.abs(filled.signal).max() == 1
    free = spec.model_copy(update={"pad": False}).prepare(clip, alter=twice_as_long)
    assert free.signal.size == 16_000


def test_silence_that_augmentation_adds_is_trimmed_as_that_of_a_recording(voice):
    spec = AudioSpec(trim_db=35)
    surrounded = spec.prepare(surround_with_silence(voice, 1.0, 1.0)).signal
    altered = spec.prepare(voice, alter=lambda clip: surround_with_silence(clip, 1.0, 1.0)).signal
    np.testing.assert_array_equal(altered, surrounded)
    assert altered.size < voice.signal.size + 4_096


@pytest.mark.parametrize("exacting", [{"name": "flatness"}, {"name": "spectral_contrast"}])
def test_the_most_exacting_block_decides_the_precision_of_all(exacting, voice):
    alone = feature_set({"name": "mfcc"}).extract(voice)
    beside = feature_set({"name": "mfcc"}, exacting).extract(voice)[: alone.size]
    assert (alone != beside).any()
    np.testing.assert_allclose(alone, beside, rtol=1e-4, atol=1e-4)
