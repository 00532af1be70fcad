"""The frames of one signal and their spectra, each computed once and shared by every descriptor."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float32]
Window = Literal["hann", "hamming"]
Precision = Literal["float32", "float64"]
Norm = Literal["backward", "forward"]
PadMode = Literal["constant", "reflect"]
Result = TypeVar("Result")
Sample = TypeVar("Sample", bound=np.generic)

# Share of the constant in a raised cosine.
WINDOW_OFFSETS: dict[str, float] = {"hann": 0.5, "hamming": 0.54}
# Frames that are transformed at once: few enough for their buffers to stay in the processor's cache.
BLOCK = 32
# Weaker magnitudes are rounding noise. As zeros they keep the products of spectra and filters away from the
# smallest floats, which slow a processor down tenfold.
ROUNDING_NOISE = np.float32(1e-18)


class Framing(NamedTuple):
    """How a signal is cut into frames.

    Attributes
    ----------
    n_fft : int, default 2048
        Samples in a frame; even.
    hop_length : int, default 512
        Samples between the centres of two frames.
    window : {"hann", "hamming"}, default "hann"
        Weight of the samples of a frame before the Fourier transform.
    pad_mode : {"constant", "reflect"}, default "constant"
        What stands before the first and after the last sample: zeros, or the signal mirrored.
    precision : {"float64", "float32"}, default "float64"
        Of the Fourier transform. In "float32" it takes half the time, and what lies 140 dB below the loudest
        part of a frame is lost in rounding.
    """

    n_fft: int = 2048
    hop_length: int = 512
    window: Window = "hann"
    pad_mode: PadMode = "constant"
    precision: Precision = "float64"


class Analysis:
    """One signal, its frames and its spectra.

    Frames are centred: frame ``t`` has its middle at sample ``t * hop_length``, so there are
    ``1 + n_samples // hop_length`` of them for every frame length.

    Parameters
    ----------
    signal : ndarray of float32, shape (n_samples,)
        Samples; full scale is [-1, 1].
    sampling_rate : int
        Samples per second, Hz.

    Examples
    --------
    >>> analysis = Analysis(np.ones(16_000, dtype=np.float32), 16_000)
    >>> analysis.magnitude(Framing(n_fft=512, hop_length=160)).shape
    (101, 257)
    """

    def __init__(self, signal: Floats, sampling_rate: int) -> None:
        self.signal = np.ascontiguousarray(signal, dtype=np.float32)
        self.sampling_rate = sampling_rate
        self._results: dict[tuple[object, ...], Any] = {}

    def once(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return ``function(self, *arguments)``, computed at the first call and remembered.

        Parameters
        ----------
        function : callable
            Takes this analysis and the arguments.
        *arguments : object
            Hashable.

        Returns
        -------
        object
            What the function returned; shared, so it must not be changed.
        """
        key = (function, *arguments)
        if key not in self._results:
            self._results[key] = function(self, *arguments)
        result: Result = self._results[key]
        return result

    def frames(self, framing: Framing) -> Floats:
        """Return the frames without a window, shape (n_frames, n_fft), read-only, float32."""
        return self.once(_frames, framing.n_fft, framing.hop_length, framing.pad_mode)

    def magnitude(self, framing: Framing) -> Floats:
        """Return the magnitudes of the short-time Fourier transform.

        Parameters
        ----------
        framing : Framing
            How the signal is cut.

        Returns
        -------
        ndarray of float32, shape (n_frames, n_fft // 2 + 1)
            0 or more. Frames come first: each spectrum is contiguous.
        """
        return self.once(_magnitude, framing)

    def power(self, framing: Framing) -> Floats:
        """Return the squared magnitudes, shape and order as `magnitude`."""
        return self.once(_power, framing)


def padded(signal: NDArray[Sample], n_fft: int, mode: PadMode) -> NDArray[Sample]:
    """Return the signal with half a frame before and after it."""
    half = n_fft // 2
    if mode == "reflect" and signal.size > half:
        # As numpy pads, in a fifth of the time.
        return np.concatenate([signal[half:0:-1], signal, signal[-2 : -half - 2 : -1]])
    return np.pad(signal, half, mode=mode)


def frames(signal: NDArray[Sample], n_fft: int, hop_length: int, pad_mode: PadMode) -> NDArray[Sample]:
    """Cut a signal into centred frames without copying them.

    Parameters
    ----------
    signal : ndarray, shape (n_samples,)
        Samples.
    n_fft : int
        Samples in a frame; even.
    hop_length : int
        Samples between two frames.
    pad_mode : {"constant", "reflect"}
        What stands outside the signal.

    Returns
    -------
    ndarray, shape (1 + n_samples // hop_length, n_fft)
        A read-only view.

    Examples
    --------
    >>> frames(np.arange(4, dtype=np.float32), 4, 2, "constant")
    array([[0., 0., 0., 1.],
           [0., 1., 2., 3.],
           [2., 3., 0., 0.]], dtype=float32)
    """
    return sliding_window_view(padded(signal, n_fft, pad_mode), n_fft)[::hop_length]


def frequencies(sampling_rate: int, n_fft: int) -> NDArray[np.float64]:
    """Return the centre of each bin of a spectrum, Hz, shape (n_fft // 2 + 1,)."""
    return np.linspace(0, sampling_rate / 2, n_fft // 2 + 1)


@cache
def window_weights(window: Window, n_fft: int) -> NDArray[np.float64]:
    """Return the periodic window of `n_fft` samples, each weight in [0, 1]."""
    offset = WINDOW_OFFSETS[window]
    cosine: NDArray[np.float64] = np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    weights: NDArray[np.float64] = offset - (1 - offset) * cosine
    return weights


def _frames(analysis: Analysis, n_fft: int, hop_length: int, pad_mode: PadMode) -> Floats:
    return frames(analysis.signal, n_fft, hop_length, pad_mode)


def _magnitude(analysis: Analysis, framing: Framing) -> Floats:
    cut = analysis.frames(framing)
    n_distinct = min(_n_distinct(analysis.signal, framing), len(cut))
    magnitude = np.empty((len(cut), framing.n_fft // 2 + 1), dtype=np.float32)
    _transform(cut[:n_distinct], framing, magnitude[:n_distinct])
    if n_distinct < len(cut):
        # Of a constant, single precision leaves little but rounding noise.
        filled, double = slice(n_distinct - 1, n_distinct), framing._replace(precision="float64")
        _transform(cut[filled], double, magnitude[filled])
        magnitude[n_distinct:] = magnitude[filled]
    return magnitude


def _transform(cut: Floats, framing: Framing, magnitude: Floats) -> None:
    """Fill in the magnitudes of frames, block by block."""
    weights = window_weights(framing.window, framing.n_fft)
    norm: Norm = "backward"
    if framing.precision == "float32":
        # numpy keeps to this type only where it has to divide by `n_fft`.
        weights, norm = (framing.n_fft * weights).astype(np.float32), "forward"
    n_block = min(BLOCK, len(cut))
    windowed = np.empty((n_block, framing.n_fft), dtype=framing.precision)
    spectra = np.empty((n_block, magnitude.shape[1]), dtype=np.result_type(framing.precision, np.complex64))
    for first in range(0, len(cut), BLOCK):
        part = magnitude[first : first + BLOCK]
        n = len(part)
        # To convert first and then to multiply is faster than to multiply different types.
        windowed[:n] = cut[first : first + n]
        windowed[:n] *= weights
        np.fft.rfft(windowed[:n], norm=norm, out=spectra[:n])
        np.abs(spectra[:n].astype(np.complex64, copy=False), out=part)
        np.multiply(part, part >= ROUNDING_NOISE, out=part)


def _n_distinct(signal: Floats, framing: Framing) -> int:
    """Count frames up to the first of those that hold only the value with which a clip was filled up."""
    filling = signal[-1]
    unlike_padding = framing.pad_mode == "constant" and filling != 0
    if unlike_padding or (signal[-framing.n_fft :] != filling).any():
        return signal.size
    n_filled = int((signal != filling)[::-1].argmax())
    return 1 - (n_filled - signal.size - framing.n_fft // 2) // framing.hop_length


def _power(analysis: Analysis, framing: Framing) -> Floats:
    return np.square(analysis.magnitude(framing))
