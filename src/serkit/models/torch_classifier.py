"""A neural network as a scikit-learn classifier."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from serkit.errors import FeatureError, TrainingError
from serkit.models.batches import Rows
from serkit.models.calibration import softmax
from serkit.models.checkpoints import fingerprint
from serkit.models.emotion_sets import allowed_classes, balanced_weights, emotion_sets
from serkit.models.initialisation import count_parameters, initialise
from serkit.models.labelled import Labelled
from serkit.models.network_export import network_onnx
from serkit.models.network_training import NetworkTraining, network_scores, seed_everything
from serkit.models.oversampling import oversampled_rows
from serkit.models.precision import choose_precision
from serkit.models.standardise import StandardisedNetwork, fit_standardise
from serkit.models.votes import target_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from numpy.typing import ArrayLike, NDArray
    from torch import nn

    from serkit.models.inner_folds import Split
    from serkit.models.network_settings import NetworkSettings
    from serkit.models.settings import Weights

    Matrix = NDArray[np.float64]
    Features = NDArray[Any] | Sequence[NDArray[Any]]


class TorchClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network that is trained like any classifier, and goes on where its training was interrupted.

    Parameters
    ----------
    settings : NetworkSettings
        Which network, and how it is trained. To scikit-learn each of them is a parameter.
    seed : int, default 0
        Of first weights, order, dropout and oversampling. The same seed gives the same network.
    weights : ndarray of float, shape (n_features,), optional
        What each feature is multiplied by once it is standardised; all 1 unless given.
    device : str, default "cpu"
        Where to compute, e.g. "cuda".
    checkpoints : Path or str, optional
        Folder for the state of each training after each epoch. A training that was interrupted goes on from
        there; one on other rows or with other settings has a file of its own.
    cache : Path or str, optional
        Folder for what frozen parts of the network make of each row, for other trainings.
    progress : bool, default False
        Show a progress bar on a terminal.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted labels.
    shape_ : tuple of int
        Of the features of one row; of sequences, of the shortest.
    emotion_sets_ : dict of str to frozenset of str
        Labels of each corpus, where corpora were given.
    precision_ : {"float32", "bfloat16"}
        Of the products in training.
    network_ : torch.nn.Module
        The trained network, its input standardised first.
    history_ : list of Epoch
        Loss, accuracy and scores of each epoch.
    held_out_rows_ : ndarray of int, shape (n_held_out,), or None
        Where only some rows were tuned on: the other originals.
    held_out_scores_ : ndarray of float64, shape (n_held_out, n_classes), or None
        Their scores by a head that was not fitted to them.

    Examples
    --------
    >>> from serkit.models.networks import DenseSettings
    >>> features = np.random.default_rng(0).standard_normal((40, 3))
    >>> labels = np.where(features[:, 0] > 0, "happy", "sad")
    >>> settings = DenseSettings(widths=(8,), epochs=30, learning_rate=0.05)
    >>> model = TorchClassifier(settings).fit(features, labels)
    >>> bool((model.predict(features) == labels).mean() > 0.9)
    True
    """

    def __init__(  # noqa: PLR0913 - every choice has a name
        self,
        settings: NetworkSettings,
        *,
        seed: int = 0,
        weights: Weights | None = None,
        device: str = "cpu",
        checkpoints: Path | str | None = None,
        cache: Path | str | None = None,
        progress: bool = False,
    ) -> None:
        self.settings = settings
        self.seed = seed
        self.weights = weights
        self.device = device
        self.checkpoints = checkpoints
        self.cache = cache
        self.progress = progress

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, those of the network and its training among them."""
        own: dict[str, Any] = super().get_params(deep=False)
        return self.settings.parameters() | own if deep else own

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters; those of the network and its training are checked."""
        names = self.settings.parameters().keys() & parameters.keys()
        if names:
            self.settings = self.settings.with_parameters({name: parameters.pop(name) for name in names})
        super().set_params(**parameters)
        return self

    def fit(  # noqa: PLR0913 - each fact about the rows has a name
        self,
        features: Features,
        labels: ArrayLike,
        *,
        dev: tuple[Features, ArrayLike] | tuple[Features, ArrayLike, ArrayLike] | None = None,
        corpora: ArrayLike | None = None,
        votes: ArrayLike | None = None,
        altered: ArrayLike | None = None,
        parents: ArrayLike | None = None,
        degraded: ArrayLike | None = None,
        speakers: ArrayLike | None = None,
        tuned: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        features : ndarray, shape (n, ...), or sequence of ndarray
            Features, as the network takes them; sequences may differ in their number of frames.
        labels : array_like, shape (n,)
            Label of each row.
        dev : (features, labels) or (features, labels, corpora), optional
            Rows that are looked at after each epoch, to stop early and for the history.
        corpora : array_like, shape (n,), optional
            Corpus of each row. With them a row teaches only among the labels of its own corpus, and labels
            are balanced within each corpus.
        votes : array_like of str, shape (n,), optional
            What listeners heard in each row, as `serkit.models.votes.target_shares` takes it.
        altered : array_like of bool, shape (n,), optional
            Which rows are altered copies, which may count less.
        parents : array_like of int, shape (n,), optional
            Number of the recording that each row is, or is an altered copy of.
        degraded : array_like of bool, shape (n,), optional
            Which altered copies may sound worse than their originals.
        speakers : array_like of str, shape (n,), optional
            Speaker of each row, whose other rows it is not compared with.
        tuned : array_like of bool, shape (n,), optional
            Rows that all but the head is trained on, of a network whose head is fitted by itself; the head is
            fitted to all rows. Without it all alike.

        Raises
        ------
        FeatureError
            If features are not finite, or have a shape that the network does not take.
        TrainingError
            If the loss is no longer finite, if dev rows are missing or hold other labels, or if the machine
            does not compute in the precision that is set.
        """
        self.classes_, truth = np.unique(np.asarray(labels), return_inverse=True)
        self.emotion_sets_ = {} if corpora is None else emotion_sets(labels, corpora)
        copies = None if altered is None else np.asarray(altered, dtype=bool)
        weights = self._row_weights(labels, corpora, copies)
        train = Labelled(
            Rows(features),
            truth,
            self.classes_.size,
            allowed=self._allowed(corpora),
            weights=weights,
            corpora=None if corpora is None else np.asarray(corpora, dtype=str),
            shares=None if votes is None else self._shares(truth, votes),
            altered=copies,
            parents=None if parents is None else np.asarray(parents, dtype=np.intp),
            degraded=None if degraded is None else np.asarray(degraded, dtype=bool),
            speakers=None if speakers is None else np.asarray(speakers, dtype=str),
        )
        self._check(train.rows, dev is not None)
        self.shape_ = train.rows.shape
        self.precision_ = choose_precision(self.settings.precision, self.device)
        tuning, split = self._tuning(train, tuned)
        parts = [tuning] if dev is None else [tuning, self._labelled(*dev)]
        with _own_draws(self.device):
            training = self._training(*parts)
            path = self._checkpoint(parts)
            self.history_ = training.run(checkpoint=path, progress=self.progress)
            oversampled = split is None and self.settings.balance == "oversample"
            fitted = training.train if oversampled else train
            scores = self._settled.finish(training.network, fitted, self.device, self.seed, split=split)
        self.network_ = training.network.eval()
        self.held_out_rows_ = None if split is None else split[1]
        self.held_out_scores_ = None if scores is None else scores.cpu().numpy().astype(np.float64)
        return self

    def _tuning(self, train: Labelled, tuned: ArrayLike | None) -> tuple[Labelled, Split | None]:
        """Return the rows to train on, and where only some are, those and the originals held out."""
        tuning, split = train, None
        if tuned is not None:
            chosen = np.asarray(tuned, dtype=bool)
            split = np.flatnonzero(chosen), train.originals[~chosen[train.originals]]
            tuning = train.take(split[0])
        if self.settings.draw == "speakers" and tuning.weights is not None and tuning.altered is not None:
            # Copies that are drawn less often need not count less, too.
            weights = np.where(tuning.altered, tuning.weights / self.settings.copy_weight, tuning.weights)
            tuning = tuning._replace(weights=weights.astype(np.float32))
        return tuning, split

    @property
    def export_tolerance(self) -> float:
        """How far the scores of its ONNX form may be from its own."""
        return self.settings.export_tolerance

    @property
    def n_parameters_(self) -> int:
        """Parameters of the network, as its source counts them."""
        body: nn.Module = self.network_.body
        return count_parameters(body, running=self.settings.counts_running)

    def decision_function(self, features: Features) -> Matrix:
        """Return the score of each class, whose softmax are the probabilities.

        Parameters
        ----------
        features : ndarray, shape (n, ...), or sequence of ndarray
            Features.

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            One column each for two classes, too.
        """
        check_is_fitted(self)
        scores = network_scores(self.network_, Rows(features), self.settings.batch_size, self.device)
        return scores.numpy().astype(np.float64)

    def predict_proba(self, features: Features) -> Matrix:
        """Return the probability of each class, shape (n, n_classes)."""
        return softmax(self.decision_function(features))

    def predict(self, features: Features) -> NDArray[Any]:
        """Return the most probable label of each row."""
        labels: NDArray[Any] = self.classes_[self.decision_function(features).argmax(axis=1)]
        return labels

    def to_onnx(self, sample: Features, *, heard: bool = False) -> bytes:
        """Return the trained network as an ONNX model, from ``features`` to ``scores``.

        Parameters
        ----------
        sample : ndarray, shape (n, ...), or sequence of ndarray
            Features; where their number of frames differs, the model takes any.
        heard : bool, default False
            Whether the model gives what it hears beside the scores, of a speech encoder.
        """
        check_is_fitted(self)
        rows = Rows(sample)
        return network_onnx(
            copy.deepcopy(self.network_).cpu(),
            rows.batch(np.arange(1)).features,
            any_length=rows.lengths is not None,
            heard=heard,
        )

    def _check(self, rows: Rows, has_dev: bool) -> None:
        name, shape, smallest = self.settings.name, rows.shape, self.settings.minimum_shape
        fits = len(shape) == len(smallest) and all(n >= m for n, m in zip(shape, smallest, strict=True))
        if not fits:
            raise FeatureError(f"{name}: takes features of shape {smallest} and more, not {shape}")
        if rows.lengths is not None and not self.settings.takes_lengths:
            raise FeatureError(f"{name}: recordings differ in their frames", hint="set audio.duration_s")
        if rows.lengths is not None and self.settings.standardise == "cell":
            raise FeatureError(f"{name}: recordings differ in their frames", hint='set standardise = "row"')
        if self.classes_.size < 2:
            raise TrainingError(f"{name}: needs two classes or more, not {self.classes_.size}")
        if self.settings.looks_at_dev and not has_dev:
            raise TrainingError(f"{name}: looks at dev rows, but was given none")

    def _allowed(self, corpora: ArrayLike | None) -> NDArray[np.bool_] | None:
        return None if corpora is None else allowed_classes(corpora, self.classes_, self.emotion_sets_)

    def _row_weights(
        self, labels: ArrayLike, corpora: ArrayLike | None, altered: NDArray[np.bool_] | None
    ) -> NDArray[np.float32] | None:
        balanced = balanced_weights(labels, corpora) if self.settings.balance == "class_weight" else None
        if altered is None or self.settings.copy_weight == 1:
            return balanced
        counted = np.where(altered, self.settings.copy_weight, 1.0).astype(np.float32)
        return counted if balanced is None else counted * balanced

    def _shares(self, truth: NDArray[np.intp], votes: ArrayLike) -> NDArray[np.float32]:
        return target_shares(truth, votes, self.classes_, share=self.settings.votes)

    def _labelled(self, features: Features, given: ArrayLike, corpora: ArrayLike | None = None) -> Labelled:
        labels = np.asarray(given)
        unknown = sorted(set(labels.tolist()) - set(self.classes_.tolist()))
        if unknown:
            raise TrainingError(f"no training row is {', '.join(map(str, unknown))}, but dev rows are")
        truth = np.searchsorted(self.classes_, labels)
        return Labelled(Rows(features), truth, self.classes_.size, self._allowed(corpora))

    def _training(self, train: Labelled, dev: Labelled | None = None) -> NetworkTraining:
        if self.settings.balance == "oversample":
            repeated = oversampled_rows(train.truth, seed=self.seed)
            train = train.take(repeated)
        network = self._network(train.rows)
        self._settled.prepare(network, train, self.device, self.seed)
        return NetworkTraining(network, self._settled, train, dev, self.seed, self.device)

    @property
    def _settled(self) -> NetworkSettings:
        """The settings with the precision of this machine."""
        return self.settings.with_parameters({"precision": self.precision_})

    def _network(self, rows: Rows) -> StandardisedNetwork:
        seed_everything(self.seed, 0)
        body = self._settled.network(rows.shape, self.classes_.size)
        initialise(body, self.settings.initialisation)
        if self.cache is not None:
            self.settings.remember_in(body, Path(self.cache))
        axes, limit = self.settings.statistics_axes, self.settings.limit
        standardise = fit_standardise(rows, axes, limit=limit, weights=self.weights)
        network = StandardisedNetwork(standardise, body).to(self.device)
        # Pooling and normalising images is half as fast again with the channels of a place side by side.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
        return network

    def _checkpoint(self, parts: list[Labelled]) -> Path | None:
        """Return the file of this training alone: its name tells everything that the result follows from."""
        if self.checkpoints is None:
            return None
        chosen = self._settled.model_dump(mode="json")
        facts = {"settings": chosen, "seed": self.seed, "device": self.device, "torch": torch.__version__}
        arrays = [array for part in parts for array in part.arrays]
        if self.weights is not None:
            arrays.append(self.weights)
        return Path(self.checkpoints) / f"{fingerprint(facts, arrays)}.safetensors"


@contextmanager
def _own_draws(device: str) -> Iterator[None]:
    """Leave torch's generator to the caller as it was."""
    cuda = [torch.device(device)] if torch.device(device).type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        yield
