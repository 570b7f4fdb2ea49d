"""How well trained perception sees: on the same scenes, nominal and along every axis that a picture shows."""
