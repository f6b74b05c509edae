a = ((x)
+ (y))
b = ( # c
x)
c = x
d = /* c */ x
e = (x # c
)
f = "${<<E
x
E
}"
g = ( # c
(1))
