"""From a recording to an emotion with a calibrated probability."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from serkit.audio import check_duration, clip_from_array, find_audio_files, load_audio
from serkit.bundle import load_bundle
from serkit.errors import AudioNotFoundError, SerkitError
from serkit.models.calibration import softmax
from serkit.parallel import check_workers, map_parallel
from serkit.prediction import Failure, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import ArrayLike

    from serkit.audio import AudioSource, Clip
    from serkit.bundle import BundleInfo, ModelBundle


class Predictor:
    """A loaded model that hears emotion in recordings; safe to share between threads.

    Parameters
    ----------
    bundle : ModelBundle
        The model.
    abstain_below : float, default 0.0
        Predictions with a lower confidence are marked as abstained, in [0, 1].

    Examples
    --------
    >>> predictor = Predictor.load("default", abstain_below=0.4)  # doctest: +SKIP
    >>> prediction = predictor.predict("my.wav")  # doctest: +SKIP
    >>> prediction.emotion, round(prediction.confidence, 2), prediction.abstained  # doctest: +SKIP
    ('happy', 0.66, False)
    """

    def __init__(self, bundle: ModelBundle, *, abstain_below: float = 0.0) -> None:
        if not 0 <= abstain_below <= 1:
            raise SerkitError(f"abstain_below: {abstain_below} is no probability", hint="give 0 to 1")
        self._bundle = bundle
        self.abstain_below = abstain_below

    @classmethod
    def load(
        cls, name_or_folder: str | Path = "default", *, abstain_below: float = 0.0, threads: int = 1
    ) -> Predictor:
        """Load and verify a model.

        Parameters
        ----------
        name_or_folder : str or Path, default "default"
            Name of a model that ships with serkit, or the folder of a bundle.
        abstain_below : float, default 0.0
            Predictions with a lower confidence are marked as abstained, in [0, 1].
        threads : int, default 1
            Threads that one prediction may use.

        Returns
        -------
        Predictor
            Ready to predict.

        Raises
        ------
        BundleNotFoundError
            If there is no such model.
        BundleIntegrityError
            If the model is not as it was saved or does not fit this serkit.
        """
        return cls(load_bundle(name_or_folder, threads=threads), abstain_below=abstain_below)

    @property
    def info(self) -> BundleInfo:
        """Description of the model."""
        return self._bundle.info

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions that the model knows."""
        return self.info.labels

    def predict(self, source: AudioSource, *, start: float = 0.0, end: float | None = None) -> Prediction:
        """Hear the emotion in a recording.

        Parameters
        ----------
        source : str, path, bytes or binary file object
            The recording; ``"-"`` is standard input.
        start : float, default 0.0
            Where to begin, s.
        end : float, optional
            Where to stop, s; the end of the recording if not given.

        Returns
        -------
        Prediction
            Emotion and probabilities of the whole stretch.

        Raises
        ------
        AudioError
            If the recording cannot be used; the subclass and the message say why.
        """
        return self.predict_clip(load_audio(source, start=start, end=end))

    def predict_signal(self, signal: ArrayLike, sampling_rate: int) -> Prediction:
        """Hear the emotion in an array of samples.

        Parameters
        ----------
        signal : array_like, shape (n_samples,) or (n_samples, n_channels)
            Floats in [-1, 1] or integers of full scale.
        sampling_rate : int
            Samples per second, Hz.

        Returns
        -------
        Prediction
            Emotion and probabilities of the whole signal.

        Raises
        ------
        AudioError
            If the signal cannot be used.
        """
        return self.predict_clip(clip_from_array(signal, sampling_rate))

    def predict_clip(self, clip: Clip) -> Prediction:
        """Hear the emotion in a clip.

        Parameters
        ----------
        clip : Clip
            Any clip.

        Returns
        -------
        Prediction
            Emotion and probabilities of the clip, or of as much of it as the model hears: `start` to `end`.

        Raises
        ------
        SilentSignalError, TooShortError
            If the clip is digital silence, or shorter than 0.2 s or what the model needs.
        FeatureError
            If a feature of the clip has no value.
        """
        check_duration(clip, self.info.minimum_s)
        features = self.info.front_end.extract(clip)
        probabilities = softmax(self.info.calibrated(self._bundle.scores(features[np.newaxis])))[0]
        shares = dict(zip(self.labels, probabilities.tolist(), strict=True))
        times = self.info.front_end.audio.stretch(clip)
        return Prediction.of(clip.source, times, shares, abstain_below=self.abstain_below)

    def timeline(  # noqa: PLR0913 - where, how finely and with how many threads
        self,
        source: AudioSource,
        *,
        start: float = 0.0,
        end: float | None = None,
        window_s: float = 3.0,
        hop_s: float = 2.0,
        workers: int = 1,
    ) -> Iterator[Prediction]:
        """Hear how the emotion changes in a recording of any length, in constant memory.

        Only where somebody speaks is listened to: between two predictions that do not touch nobody does.
        Speech is heard in windows; the probabilities of each instant are the mean of the windows that cover
        it; neighbours with one answer are joined.

        Parameters
        ----------
        source : str, path, bytes or binary file object
            The recording; ``"-"`` is standard input.
        start : float, default 0.0
            Where to begin, s.
        end : float, optional
            Where to stop, s; the end of the recording if not given.
        window_s : float, default 3.0
            Length of a window, 1 s or more. Speech that is shorter is one window.
        hop_s : float, default 2.0
            From one window to the next, s; 0.1 s or more and at most `window_s`.
        workers : int, default 1
            Windows that are heard at once, each in a thread.

        Yields
        ------
        Prediction
            One for each stretch of one emotion, in order, as soon as it is over; none overlap.

        Raises
        ------
        AudioError
            If the recording cannot be used; the subclass and the message say why.
        SerkitError
            If windows cannot be so long or so far apart, or if `workers` is below 1.

        Examples
        --------
        >>> import serkit
        >>> for stretch in serkit.load().timeline("call.wav"):  # doctest: +SKIP
        ...     print(f"{stretch.start:6.1f} {stretch.end:6.1f} {stretch.emotion} {stretch.confidence:.2f}")
        """
        from serkit.speech_windows import Pace
        from serkit.timeline import hear_windows, join_windows, recorded_windows

        check_workers(workers)
        windows = recorded_windows(source, self, (start, end), Pace(window_s, hop_s))
        return join_windows(hear_windows(windows, self, workers), self.abstain_below)

    def predict_files(
        self,
        sources: Iterable[AudioSource],
        *,
        start: float = 0.0,
        end: float | None = None,
        progress: str | None = None,
    ) -> Iterator[Prediction | Failure]:
        """Hear the emotion in many recordings; one that cannot be used does not stop the others.

        Parameters
        ----------
        sources : iterable of str, path, bytes or binary file object
            The recordings.
        start, end : float
            The stretch of each, as in `predict`.
        progress : str, optional
            Label of a progress bar, drawn on a terminal only.

        Yields
        ------
        Prediction or Failure
            One per recording, in their order, each as soon as it is ready.
        """

        def attempt(source: AudioSource) -> Prediction | Failure:
            try:
                return self.predict(source, start=start, end=end)
            except (SerkitError, OSError) as error:
                return Failure(_name(source), error)

        return map_parallel(attempt, list(sources), progress=progress)

    def predict_folder(
        self, folder: str | Path, *, progress: str | None = None
    ) -> Iterator[Prediction | Failure]:
        """Hear the emotion in every recording below a folder.

        Parameters
        ----------
        folder : str or Path
            Searched with all its subfolders for the suffixes of audio files.
        progress : str, optional
            Label of a progress bar, drawn on a terminal only.

        Yields
        ------
        Prediction or Failure
            One per recording, sorted by path.

        Raises
        ------
        AudioNotFoundError
            If there is no recording in the folder.
        """
        files = find_audio_files(folder)
        if not files:
            raise AudioNotFoundError(f"{folder}: no recordings in this folder", hint="check the path")
        return self.predict_files(files, progress=progress)


def load(
    name_or_folder: str | Path = "default", *, abstain_below: float = 0.0, threads: int = 1
) -> Predictor:
    """Load and verify a model: `Predictor.load` under a shorter name.

    Parameters
    ----------
    name_or_folder : str or Path, default "default"
        Name of a model that ships with serkit, or the folder of a bundle.
    abstain_below : float, default 0.0
        Predictions with a lower confidence are marked as abstained, in [0, 1].
    threads : int, default 1
        Threads that one prediction may use.

    Returns
    -------
    Predictor
        Ready to predict.

    Raises
    ------
    BundleNotFoundError, BundleIntegrityError
        If there is no such model, or if it is not as it was saved.

    Examples
    --------
    >>> import serkit
    >>> serkit.load("no-such-model")
    Traceback (most recent call last):
    ...
    serkit.errors.BundleNotFoundError: no-such-model: no such model; ...
    """
    return Predictor.load(name_or_folder, abstain_below=abstain_below, threads=threads)


def _name(source: AudioSource) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else type(source).__name__
