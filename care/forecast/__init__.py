"""Forecasts: live customers led forward from where they stand, without new purchases. Pure: data in, counts out."""
