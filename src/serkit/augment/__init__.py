"""Augmentation: altered copies of training clips.

====================================  ============================================================
:class:`AugmentPlan`                  which copies are made, reproducibly, and their rows
:class:`Step`, :data:`STEPS`          one alteration by name, with ranges
:mod:`serkit.augment.noise`           noise, plain, coloured or of many voices
:mod:`serkit.augment.material`        background sounds, babble and rooms from files
:mod:`serkit.augment.others`          voices of other recordings of the manifest
:mod:`serkit.augment.extent`          time shift, crop, silence, gain
:mod:`serkit.augment.tempo`           stretch, pitch, speed
:mod:`serkit.augment.reverb`          rooms that are made up
:mod:`serkit.augment.channels`        telephone band, Opus, MP3, µ-law, A-law
:mod:`serkit.augment.batches`         SpecAugment and mixup, for networks
====================================  ============================================================

Alterations are pure functions from clip to clip; what is random comes from a `numpy.random.Generator`.
"""

from serkit.augment.batches import mixup, spec_augment
from serkit.augment.kinds import STEPS
from serkit.augment.plan import AugmentPlan, add_copies, is_copy, is_degraded, parents
from serkit.augment.steps import Step, default_step

__all__ = [
    "STEPS",
    "AugmentPlan",
    "Step",
    "add_copies",
    "default_step",
    "is_copy",
    "is_degraded",
    "mixup",
    "parents",
    "spec_augment",
]
