"""A small network that finds objects in pictures, and says where they are and how sure it is."""
