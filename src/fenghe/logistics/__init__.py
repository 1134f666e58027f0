"""Where a parcel is, and who says so (物流): fuse, mapper, shipments."""
