"""What training randomization buys: twins that are trained alike but for it, tested along every axis of a suite."""
