"""Reference results of the baselines that are shipped, and the table that is made from them."""
