"""Our own engine, each bundle lodged by itself with its own commit, as a counter does."""

from functools import partial

from ptsp.main.bench import own_side

run = partial(own_side.run, at_once=1)
work = own_side.work
