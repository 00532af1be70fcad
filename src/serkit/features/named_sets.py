"""Feature sets by name: those of published systems, to the value."""

from __future__ import annotations

from typing import Any

from serkit.features.feature_set import FeatureSet

# librosa's padding before 0.9, which the systems of 162, 186 and 193 features were written with.
_REFLECT: dict[str, Any] = {"pad_mode": "reflect"}
# 5.27 s at 22,050 Hz: the longest recording of RAVDESS.
_RAVDESS: dict[str, Any] = {"sampling_rate": 22_050, "duration_s": 116_247 / 22_050, "level": "zscore"}

# How contours move, not where they lie: means would tell speakers and rooms apart rather than emotions.
_PERCENTILES = ("05", "20", "50", "80", "95")
_SHAPE = ["std", "spread_20_80", "skewness", "kurtosis", "slope", "curvature"]
_THIRDS = ["first_third", "middle_third", "last_third"]
_MOVEMENT = [*_SHAPE, *_THIRDS, *(f"centred_percentile_{p}" for p in _PERCENTILES)]
_CHANGE = ["std", "spread_20_80", "skewness", "kurtosis", "slope", *(f"percentile_{p}" for p in _PERCENTILES)]
_PITCH = ["mean", *_SHAPE, *_THIRDS, *(f"percentile_{p}" for p in _PERCENTILES)]
_SPECTRUM: list[dict[str, Any]] = [
    {"name": "mfcc"},
    {"name": "rms", "transform": "db"},
    {"name": "zero_crossing_rate"},
    {"name": "centroid"},
    {"name": "bandwidth"},
    {"name": "flatness", "transform": "db"},
    *({"name": "rolloff", "roll_percent": share} for share in (0.25, 0.5, 0.75, 0.9)),
    {"name": "spectral_flux"},
    {"name": "spectral_slope"},
    {"name": "spectral_contrast", "n_bands": 5},
    {"name": "voicing"},
]
_BANDS: dict[str, Any] = {"name": "mel", "n_mels": 32, "fmin": 20.0, "transform": "db"}

# Our own: the movement of pitch, loudness and spectrum, over all and over voiced frames.
_FUNCTIONALS: dict[str, Any] = {
    "name": "serkit-functionals",
    "audio": {"sampling_rate": 16_000, "trim_db": 35.0, "level": "peak"},
    "n_fft": 512,
    "hop_length": 160,
    "functionals": _MOVEMENT,
    "blocks": [
        {
            "name": "f0",
            "transform": "semitones",
            "deltas": 1,
            "over": "voiced",
            "functionals": _PITCH,
            "delta_functionals": _CHANGE,
            "weight": 4.0,
        },
        {"name": "rhythm", "weight": 4.0},
        {"name": "modulation_spectrum", "weight": 2.5},
        {"name": "mfcc_correlation", "weight": 2.5},
        {**_BANDS, "deltas": 1, "delta_functionals": _CHANGE},
        *({**block, "deltas": 2, "delta_functionals": _CHANGE} for block in _SPECTRUM),
        *(
            {
                **block,
                "label": f"voiced_{block['name']}",
                "over": "voiced",
                "functionals": [*_MOVEMENT, "mean_shift"],
            }
            for block in (_BANDS, *_SPECTRUM)
        ),
    ],
}
_MEANS: list[dict[str, Any]] = [
    {**block, "label": f"mean_{block['name']}", "functionals": ["mean"], "weight": 3.0}
    for block in (
        _BANDS,
        {"name": "mfcc"},
        {"name": "rms", "transform": "db"},
        {"name": "zero_crossing_rate"},
        {"name": "centroid"},
        {"name": "bandwidth"},
        {"name": "flatness", "transform": "db"},
        {"name": "spectral_slope"},
        {"name": "spectral_flux"},
        {"name": "spectral_contrast", "n_bands": 5},
        {"name": "rolloff", "roll_percent": 0.85},
        {"name": "chroma"},
    )
]

_SETS: tuple[dict[str, Any], ...] = (
    {
        # Eight contours of 106 frames, end to end.
        "name": "contours-848",
        "audio": {"sampling_rate": 18_000, "duration_s": 3.0},
        "layout": "contours",
        "blocks": [
            {"name": "zero_crossing_rate"},
            {"name": "rms"},
            {"name": "mfcc", "n_mfcc": 13, "combine": "mean"},
            {"name": "centroid"},
            {"name": "bandwidth"},
            {"name": "flatness"},
            {"name": "rolloff", "roll_percent": 0.85},
            {"name": "rolloff", "roll_percent": 0.01},
        ],
    },
    {
        # Means of at most 2.5 s; chroma from magnitudes.
        "name": "means-162",
        "audio": {"sampling_rate": 22_050, "offset_s": 0.6, "duration_s": 2.5, "pad": False},
        **_REFLECT,
        "blocks": [
            {"name": "zero_crossing_rate"},
            {"name": "chroma", "power": 1},
            {"name": "mfcc"},
            {"name": "rms"},
            {"name": "mel"},
        ],
    },
    {
        # Means and statistics of the standardised wave; chroma from magnitudes, logarithms of the means.
        "name": "means-186",
        "audio": _RAVDESS,
        **_REFLECT,
        "blocks": [
            {"name": "mfcc", "n_mfcc": 40},
            {"name": "mel", "transform": "log1p", "transform_of": "functionals"},
            {"name": "chroma", "power": 1, "transform": "log1p", "transform_of": "functionals"},
            {"name": "wave"},
        ],
    },
    {
        # Means of the whole recording at RAVDESS's own rate, and the number of its zero crossings.
        "name": "means-193",
        "audio": {"sampling_rate": 48_000},
        **_REFLECT,
        "blocks": [
            {"name": "mel"},
            {"name": "chroma", "n_chroma": 24, "power": 1},
            {"name": "mfcc", "n_mfcc": 40},
            {"name": "zero_crossing_count"},
        ],
    },
    {
        # 228 frames of 219 rows.
        "name": "sequence-219",
        "audio": _RAVDESS,
        **_REFLECT,
        "n_fft": 1024,
        "layout": "sequence",
        "blocks": [
            {"name": "mfcc", "n_mfcc": 40},
            {"name": "chroma", "transform": "log1p"},
            {"name": "spectral_contrast", "transform": "log1p"},
            {"name": "mel", "n_mels": 160, "transform": "log1p"},
        ],
    },
    {
        # 25 MFCC by 216 frames.
        "name": "mfcc-image-25",
        "audio": {"sampling_rate": 44_100, "offset_s": 0.5, "duration_s": 2.5},
        "layout": "image",
        "blocks": [{"name": "mfcc", "n_mfcc": 25}],
    },
    {
        # What Whisper's encoder hears, up to the 30 s that it has positions for. Silence before and after
        # would count in a mean over time.
        "name": "whisper-80",
        "audio": {
            "sampling_rate": 16_000,
            "duration_s": 30.0,
            "pad": False,
            "trim_db": 35.0,
            "level": "peak",
        },
        **_REFLECT,
        "n_fft": 400,
        "hop_length": 160,
        "layout": "sequence",
        "blocks": [{"name": "log_mel"}],
    },
    {
        # What wav2vec 2.0, HuBERT and WavLM hear: one of their states stands for 320 samples.
        "name": "samples-320",
        "audio": {"sampling_rate": 16_000, "duration_s": 30.0, "pad": False, "level": "zscore"},
        "n_fft": 400,
        "hop_length": 320,
        "layout": "sequence",
        "blocks": [{"name": "samples"}],
    },
    _FUNCTIONALS,
    {
        # Where contours lie, too: with dozens of training speakers it says more than it gives away.
        **_FUNCTIONALS,
        "name": "serkit-functionals-means",
        "blocks": [*_FUNCTIONALS["blocks"], *_MEANS],
    },
)

FEATURE_SETS: dict[str, FeatureSet] = {
    settings["name"]: FeatureSet.model_validate(settings) for settings in _SETS
}
