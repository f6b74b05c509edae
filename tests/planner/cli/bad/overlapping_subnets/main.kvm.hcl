resource "toy_thing" "wide" {
  name   = "wide"
  subnet = "10.0.0.0/16"
}
resource "toy_thing" "narrow" {
  name   = "narrow"
  subnet = "10.0.7.0/24"
}
resource "toy_thing" "apart" {
  name   = "apart"
  subnet = "10.1.0.0/24"
}
