"""Random processes, random walks over them, and a game that says by itself what must be open.

``python -m tests.walks --count 20000 --seed 7`` walks as long as one likes; ``make test`` walks 2,000.
"""
