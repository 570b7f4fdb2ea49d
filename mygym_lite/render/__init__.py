"""Pictures of a scene from arrays alone: geometry, cameras, light, textures and a visibility-buffer rasterizer."""
