"""No office sees, changes or can guess anything of another: the layers that show it, and faults that they must see."""
