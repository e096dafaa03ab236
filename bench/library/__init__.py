"""What the library costs a call, beside other libraries: ./run bench library."""
