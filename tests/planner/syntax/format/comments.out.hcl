/* head */ a = 1 # one
bbbb         = 2 // two
c            = 3 /* three */
d            = /* before */ 4
e /* name */ = 5

x {     # open
  a = 1 #a
  # own line
  bb = 2 // bb
  /* block
   comment */
  c = [ # list
    1,  # one
    22, # two
    # last
  ]
  d = { /* d */ }
} # close
y /* no labels */ {
}
# no newline
