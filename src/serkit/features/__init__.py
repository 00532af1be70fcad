"""Features of a recording: descriptors of its frames, functionals, and the layouts that models take."""

from serkit.features.audio_spec import AudioSpec
from serkit.features.block import Block
from serkit.features.catalogue import DESCRIPTORS, Descriptor
from serkit.features.feature_set import FeatureSet
from serkit.features.functionals import FUNCTIONALS
from serkit.features.named_sets import FEATURE_SETS

__all__ = ["DESCRIPTORS", "FEATURE_SETS", "FUNCTIONALS", "AudioSpec", "Block", "Descriptor", "FeatureSet"]
