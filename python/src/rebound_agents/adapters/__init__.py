"""Worlds of other packages, ready to be played.

Each module has a function ``world`` that makes one, and is a program:

    rebound run --environment "exec:python3 -m rebound_agents.adapters.textworld_express --game coin"

=====================  =====================================  ========================
module                 what                                   ``pip install``
=====================  =====================================  ========================
``textworld``          games that are generated from seeds    ``textworld``
``textworld_express``  eight games, fast; needs Java          ``textworld-express``
``scienceworld``       thirty kinds of experiments; Java      ``scienceworld``
``alfworld``           the original ALFWorld                  ``alfworld``
``verifiers``          environments of verifiers              ``"verifiers<0.2"``
=====================  =====================================  ========================
"""
