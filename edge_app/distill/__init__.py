"""How the embedded model is made: corpus, training, evaluation."""
