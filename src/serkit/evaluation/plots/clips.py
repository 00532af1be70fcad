"""The pictures of a recording: its wave, spectrograms and descriptors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from serkit.evaluation.plots import style
from serkit.features import DESCRIPTORS
from serkit.features.contours import power_to_db
from serkit.features.filterbanks import hz_to_mel
from serkit.features.frames import Analysis, Framing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from serkit.audio import Clip

    Floats = NDArray[np.float32]

# A frame of speech holds still for about 30 ms; pitch classes need longer to be told apart.
FRAME_S, LONG_FRAME_S = 0.032, 0.128
OVERLAP = 4
N_MELS, N_MFCC = 64, 20
DYNAMIC_RANGE_DB = 80.0
# Quieter frames, relative to the loudest, have no spectrum worth a line.
QUIET_DB = -45.0
ENVELOPE_COLUMNS = 1000
BRIGHTEST_SHARE = 0.998
TINY = float(np.finfo(np.float32).tiny)
ZOOM_SAMPLES = 200
PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
MEL_TICKS_HZ = (0, 500, 1000, 2000, 4000, 8000, 16000)


class _Image(NamedTuple):
    """Values over time: rows from bottom to top, and what they and their axis are."""

    values: Floats
    title: str
    y: str
    unit: str
    top: float
    limits: tuple[float, float]
    colours: str = style.LEVELS


def plot_wave(clip: Clip) -> Figure:
    """Draw the waveform."""
    figure, axes = style.new_axes(height=2.0)
    _draw_wave(axes, clip, color=style.BLUE)
    style.label(axes, title="Waveform", x="time (s)", y="amplitude")
    return figure


def plot_spectrogram(clip: Clip) -> Figure:
    """Draw the magnitudes of the short-time Fourier transform on a linear scale."""
    analysis, framing = _analyse(clip)
    magnitude = analysis.magnitude(framing).T
    relative = magnitude / _peak(magnitude)
    # A few loud harmonics would leave all else black.
    brightest = max(float(np.quantile(relative, BRIGHTEST_SHARE)), TINY)
    title, top = "Spectrogram, linear magnitude", clip.sampling_rate / 2000
    return _draw_image(
        clip, _Image(relative, title, "frequency (kHz)", "of the maximum", top, (0, brightest))
    )


def plot_db_spectrogram(clip: Clip) -> Figure:
    """Draw the power of the short-time Fourier transform in decibels."""
    image = _relative_db(_power(clip))
    title, top = "Spectrogram, decibels", clip.sampling_rate / 2000
    return _draw_image(clip, _Image(image, title, "frequency (kHz)", "dB", top, (-DYNAMIC_RANGE_DB, 0)))


def plot_mel(clip: Clip) -> Figure:
    """Draw the power in mel bands in decibels."""
    power = DESCRIPTORS["mel"].function(*_analyse(clip), n_mels=N_MELS)
    image = _Image(
        _relative_db(power), "Mel spectrogram", "frequency (kHz)", "dB", N_MELS, (-DYNAMIC_RANGE_DB, 0)
    )
    figure = _draw_image(clip, image)
    highest = float(hz_to_mel(np.array(clip.sampling_rate / 2)))
    ticks = [hertz for hertz in MEL_TICKS_HZ if hertz <= clip.sampling_rate / 2]
    positions = hz_to_mel(np.array(ticks, dtype=np.float64)) / highest * N_MELS
    figure.axes[0].set_yticks(positions, [f"{hertz / 1000:g}" for hertz in ticks])
    return figure


def plot_mfcc(clip: Clip) -> Figure:
    """Draw the mel-frequency cepstral coefficients, each relative to its own mean and deviation."""
    mfcc = DESCRIPTORS["mfcc"].function(*_analyse(clip), n_mfcc=N_MFCC)
    deviation = np.maximum(mfcc.std(axis=1, keepdims=True), TINY)
    scaled = (mfcc - mfcc.mean(axis=1, keepdims=True)) / deviation
    image = _Image(
        scaled,
        "Mel-frequency cepstral coefficients",
        "coefficient",
        "standard deviations",
        N_MFCC,
        (-3, 3),
        "RdBu_r",
    )
    return _draw_image(clip, image)


def plot_chroma(clip: Clip) -> Figure:
    """Draw the strength of the twelve pitch classes."""
    chroma = DESCRIPTORS["chroma"].function(*_analyse(clip, frame_s=LONG_FRAME_S))
    figure = _draw_image(clip, _Image(chroma, "Chroma", "pitch class", "of the strongest", 12, (0, 1)))
    figure.axes[0].set_yticks(np.arange(12) + 0.5, PITCH_CLASSES, fontsize=style.NOTE_SIZE)
    return figure


def plot_zero_crossings(clip: Clip) -> Figure:
    """Draw 200 samples around the loudest one, and mark where the signal changes its sign."""
    loudest = int(np.abs(clip.signal).argmax())
    first = max(min(loudest, clip.signal.size - ZOOM_SAMPLES // 2) - ZOOM_SAMPLES // 2, 0)
    zoom = clip.signal[first : first + ZOOM_SAMPLES]
    crossings = np.flatnonzero(np.diff(np.signbit(zoom)))
    time = (clip.start + (first + np.arange(zoom.size)) / clip.sampling_rate) * 1000
    figure, axes = style.new_axes(height=2.4)
    axes.axhline(0, color=style.MUTED, linewidth=0.8)
    axes.plot(time, zoom, ".-", color=style.BLUE, linewidth=1.1, markersize=2.5)
    axes.plot(
        (time[crossings] + time[crossings + 1]) / 2,
        np.zeros(crossings.size),
        "o",
        color=style.ORANGE,
        markersize=5,
    )
    length_ms = 1000 * zoom.size / clip.sampling_rate
    title = f"{zoom.size} samples ({length_ms:.1f} ms): {crossings.size} zero crossings"
    style.label(axes, title=title, x="time (ms)", y="amplitude")
    return figure


def plot_centroid(clip: Clip) -> Figure:
    """Draw the spectral centroid over the wave."""
    return _draw_over_wave(clip, "centroid", "Spectral centroid over the wave")


def plot_rolloff(clip: Clip) -> Figure:
    """Draw the frequency below which 85% of the magnitude lies over the wave."""
    return _draw_over_wave(clip, "rolloff", "Spectral roll-off at 85% over the wave")


def plot_alteration(before: Clip, after: Clip, *, name: str) -> Figure:
    """Draw the wave and the spectrogram of a clip before and after an alteration, on the same scales."""
    figure = style.new_figure(width=1.6 * style.WIDTH, height=4.2)
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    loudest = _peak(_power(before))
    for word, clip, (wave, image) in zip(("before", "after"), (before, after), grid.T, strict=True):
        _draw_wave(style.plain(wave), clip, color=style.BLUE)
        wave.set_title(word, fontsize=style.LABEL_SIZE, color=style.INK)
        look: dict[str, Any] = {"cmap": style.LEVELS, "vmin": -DYNAMIC_RANGE_DB, "vmax": 0}
        extent = (clip.start, clip.end, 0.0, clip.sampling_rate / 2000)
        level = power_to_db(_power(clip) / loudest)
        style.plain(image).imshow(level, origin="lower", aspect="auto", extent=extent, **look)
        style.label(image, x="time (s)")
    limit = 1.05 * max(_peak(np.abs(clip.signal)) for clip in (before, after))
    grid[0, 0].set(xlim=(min(before.start, after.start), max(before.end, after.end)), ylim=(-limit, limit))
    style.label(grid[0, 0], title=f"Augmentation: {name}", y="amplitude")
    style.label(grid[1, 0], x="time (s)", y="frequency (kHz)")
    return figure


def clip_figures(clip: Clip) -> dict[str, Figure]:
    """Return every picture of a clip, by name."""
    return {
        "waveform": plot_wave(clip),
        "spectrogram": plot_spectrogram(clip),
        "spectrogram-db": plot_db_spectrogram(clip),
        "mel": plot_mel(clip),
        "mfcc": plot_mfcc(clip),
        "chroma": plot_chroma(clip),
        "zero-crossings": plot_zero_crossings(clip),
        "centroid": plot_centroid(clip),
        "rolloff": plot_rolloff(clip),
    }


def _analyse(clip: Clip, *, frame_s: float = FRAME_S) -> tuple[Analysis, Framing]:
    n_fft = 2 ** round(math.log2(frame_s * clip.sampling_rate))
    return Analysis(clip.signal, clip.sampling_rate), Framing(n_fft, n_fft // OVERLAP)


def _power(clip: Clip) -> Floats:
    analysis, framing = _analyse(clip)
    return analysis.power(framing).T


def _relative_db(power: Floats) -> Floats:
    """Return power in decibels below its maximum."""
    return power_to_db(power / _peak(power))


def _peak(values: Floats) -> float:
    return max(float(values.max()), TINY)


def _draw_image(clip: Clip, image: _Image) -> Figure:
    figure, axes = style.new_axes(height=2.5)
    low, high = image.limits
    extent = (clip.start, clip.end, 0.0, image.top)
    look: dict[str, Any] = {"cmap": image.colours, "interpolation": "nearest", "vmin": low, "vmax": high}
    drawn = axes.imshow(image.values, origin="lower", aspect="auto", extent=extent, **look)
    bar = figure.colorbar(drawn, ax=axes, pad=0.015, aspect=14)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=style.TICK_SIZE, labelcolor=style.INK, color=style.MUTED, length=2)
    bar.set_label(image.unit, fontsize=style.LABEL_SIZE, color=style.INK)
    style.label(axes, title=image.title, x="time (s)", y=image.y)
    return figure


def _draw_wave(axes: Axes, clip: Clip, **look: Any) -> None:
    """Draw the range of the samples in each column: a line through all of them would be a large file."""
    columns = np.array_split(clip.signal, min(ENVELOPE_COLUMNS, clip.signal.size))
    time = np.linspace(clip.start, clip.end, len(columns))
    low, high = [column.min() for column in columns], [column.max() for column in columns]
    axes.fill_between(time, low, high, linewidth=0.5, **look)
    limit = 1.05 * _peak(np.abs(clip.signal))
    axes.set(xlim=(clip.start, clip.end), ylim=(-limit, limit))


def _draw_over_wave(clip: Clip, descriptor: str, title: str) -> Figure:
    analysis, framing = _analyse(clip)
    contour = DESCRIPTORS[descriptor].function(analysis, framing)[0] / 1000
    level = power_to_db(np.square(DESCRIPTORS["rms"].function(analysis, framing)[0]))
    time = clip.start + np.arange(contour.size) * framing.hop_length / clip.sampling_rate
    figure, axes = style.new_axes(height=2.4)
    _draw_wave(axes, clip, color=style.MUTED, alpha=0.4)
    over = style.plain(axes.twinx())
    over.spines["right"].set(visible=True, color=style.MUTED)
    over.plot(
        time, np.where(level > level.max() + QUIET_DB, contour, np.nan), color=style.ORANGE, linewidth=1.5
    )
    over.set(xlim=(clip.start, clip.end), ylim=(0, clip.sampling_rate / 2000))
    style.label(over, y="frequency (kHz)")
    style.label(axes, title=title, x="time (s)", y="amplitude")
    return figure
