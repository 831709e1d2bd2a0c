"""The web layer: pages, REST interface, sign-in.  Decides nothing about cases: it sends commands to the engine."""
