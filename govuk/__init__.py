"""GOV.UK pages: the Jinja environment, form fields, filters and wizard steps.

It offers forms that render themselves with govuk-frontend-jinja and knows no domain model.
"""
