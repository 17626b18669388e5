// Numbers of the types, as NativeKernels.java passes them.
enum { Q8_0 = 0, Q4_0 = 1, Q4_K = 2, Q5_K = 3, Q6_K = 4 };
