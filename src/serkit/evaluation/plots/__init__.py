"""Every picture, as matplotlib figures that no global state knows of.

==========  ==============================================================================
`style`     colours, axes and saving, the same for all
`scores`    what a report shows: confusion, recall, reliability, groups, folds, abstention
`choices`   how a model was chosen: feature blocks, hyper-parameter
`corpora`   what a manifest holds: classes, durations, speakers
`clips`     what a recording holds: wave, spectrograms, descriptors
==========  ==============================================================================
"""
