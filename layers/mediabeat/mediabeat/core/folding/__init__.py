"""The parts of the fold: order, states, motion of the playhead, and sums. `core.session` has the rules."""
